using Chorus.Client.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary>How reads are answered, and by whom.</summary>
/// <param name="Mode">How; by default as the servers were told.</param>
/// <param name="From">Client address of the one server that answers; null: the leader.</param>
internal readonly record struct ReadChoice(ReadMode Mode, string? From)
{
    public static IReadOnlyList<FlagSpec> Flags { get; } =
    [
        new("reads", "index|lease|log|stale", "how the read is answered (default: as the server was told)"),
        new("from", "ADDRESS", "the server that answers, leader or not (default: the leader)"),
    ];

    /// <summary>What the flags say.</summary>
    public static ReadChoice Of(Invocation invocation) =>
        Of(invocation.Get("reads"), "-reads", invocation.Get("from"), "-from");

    /// <summary>What two settings say.</summary>
    public static ReadChoice Of(string? mode, string modePlace, string? from, string fromPlace)
    {
        ReadMode parsed = ReadModes.ParseForClient(mode, modePlace);
        if (string.IsNullOrEmpty(from))
            return new ReadChoice(parsed, null);
        if (!HostEndpoint.TryParse(from, out HostEndpoint endpoint, out string error))
            throw ChorusException.Usage($"{fromPlace}: {error}");
        return new ReadChoice(parsed, endpoint.ToString());
    }
}
