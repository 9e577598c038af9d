using Chorus.Common.Hosting;
using Chorus.Raft;

namespace Chorus.Logger;

/// <summary>What the command line of Logger says.</summary>
internal sealed record LoggerOptions
{
    /// <summary>Most clusters that one process observes.</summary>
    public const int AttachmentsMax = 64;

    /// <summary>The clusters, in the order of the flags.</summary>
    public required IReadOnlyList<LoggerAttachment> Attachments { get; init; }

    /// <summary>What is written.</summary>
    public LoggerFormat Format { get; init; }

    /// <summary>
    /// How much of each record is kept, in bytes, counted in whole segment files; null: all of it.
    /// </summary>
    public long? KeepBytes { get; init; }

    /// <summary>
    /// Host name by which others reach this machine; null: the hosts of the endpoints. Needed where those stand for
    /// every interface.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Whether listening beyond loopback, where anybody may connect, is wanted.</summary>
    public bool Insecure { get; init; }

    /// <summary>
    /// How far the process stands back while the processors are busy: a nice value, 0 to 19; 0: not at all.
    /// </summary>
    public int Nice { get; init; }

    /// <summary>File of the CPU trace; null: none.</summary>
    public string? CpuProfile { get; init; }

    /// <summary>File of the heap report; null: none.</summary>
    public string? MemoryProfile { get; init; }

    /// <summary>Whether details go to standard error.</summary>
    public bool Verbose { get; init; }

    /// <summary>Whether only warnings and errors go to standard error.</summary>
    public bool Quiet { get; init; }

    /// <summary>Checks what the flags say together.</summary>
    /// <exception cref="ChorusException">They make no sense; names the flag and what to write.</exception>
    public void Validate()
    {
        Require(!(Verbose && Quiet), "-v and -quiet exclude each other");
        Require(
            Attachments.Count <= AttachmentsMax,
            $"-id: {Attachments.Count} clusters are more than one process observes",
            $"Start another Logger for what is over {AttachmentsMax}");
        foreach (LoggerAttachment attachment in Attachments)
            ValidateNames(attachment);
        Distinct("-id", attachment => attachment.Id, "Each cluster needs an observer of its own name");
        Distinct(
            "-logfolder", attachment => Path.GetFullPath(attachment.Folder), "Each cluster needs a folder of its own");
        ValidateEndpoints();
        ValidateAdvertisedHost();
    }

    private void Distinct(string flag, Func<LoggerAttachment, string> value, string cure)
    {
        foreach (IGrouping<string, LoggerAttachment> same in Attachments.GroupBy(value))
            Require(same.Count() == 1, $"{flag}: '{same.Key}' stands for {same.Count()} clusters", cure);
    }

    private static void ValidateNames(LoggerAttachment attachment)
    {
        const string rule = "Use 1 to 64 letters, digits, dots, hyphens and underscores";
        string id = attachment.Id;
        Require(NodeId.IsValid(id), $"-id: '{id}' is no node name", rule);
        if (attachment.Upstream is not { } upstream)
            return;
        Require(NodeId.IsValid(upstream), $"-upstream: '{upstream}' is no node name", rule);
        Require(
            upstream != id,
            $"-upstream: '{id}' cannot follow itself",
            "Name another observer of that cluster, or nothing between the commas");
    }

    private void ValidateEndpoints()
    {
        (string Flag, HostEndpoint Endpoint)[] listeners =
        [
            .. Attachments.Select(attachment => ("-raft", attachment.PeerEndpoint)),
            .. Attachments.Select(attachment => ("-hrecov", attachment.TransferEndpoint)),
            .. Attachments.Select(attachment => ("-feed", attachment.FeedEndpoint)),
        ];
        foreach ((string flag, HostEndpoint endpoint) in listeners)
        {
            Require(
                endpoint.IsLoopback || Insecure,
                $"{flag}: {endpoint} can be reached from other machines, and connections are neither encrypted nor "
                    + "authenticated",
                "Add -insecure if the network is trusted, or listen on this machine only, "
                    + $"as in {flag} :{endpoint.Port}");
            Require(
                !endpoint.IsWildcard || AdvertisedHost is not null,
                $"{flag}: {endpoint} stands for every interface, so others do not learn where to connect",
                "Add -advertise with the host name by which others reach this machine");
        }
        foreach (var same in listeners.GroupBy(listener => listener.Endpoint.Port).Where(group => group.Count() > 1))
        {
            string flags = string.Join(" and ", same.Select(listener => listener.Flag).Distinct());
            throw ChorusException.Usage(
                $"{flags} name the port {same.Key} {same.Count()} times", "Give each cluster ports of its own");
        }
    }

    private void ValidateAdvertisedHost()
    {
        if (AdvertisedHost is not { } host)
            return;
        bool isHost = HostEndpoint.TryParse($"{host}:1", out HostEndpoint advertised, out _)
            || HostEndpoint.TryParse($"[{host}]:1", out advertised, out _);
        Require(
            isHost && host.Length > 0 && !advertised.IsWildcard,
            $"-advertise: '{host}' is no host name that others could use",
            "Write a name or an address, without a port");
    }

    private static void Require(bool condition, string message, string cure = "")
    {
        if (!condition)
            throw ChorusException.Usage(message, cure);
    }
}
