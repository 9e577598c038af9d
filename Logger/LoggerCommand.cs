using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Replica;

namespace Chorus.Logger;

/// <summary>The command line of a running logger.</summary>
internal sealed class LoggerCommand
{
    private const string DefaultFolder = "data";
    private const string KeepAll = "all";
    private const long KeepBytesMin = 1 << 20;

    private readonly FlagOption<IReadOnlyList<string>> _id = List(
        "id", "NAME,...", "name of this observer in each cluster, a cluster for each name", text => text);
    private readonly FlagOption<IReadOnlyList<HostEndpoint>> _raft = Endpoints(
        "raft", "by which it is known in each cluster; the flags below count from its port");
    private readonly FlagOption<IReadOnlyList<HostEndpoint>> _join = Endpoints(
        "join", "-hjoin address of any member of each cluster; not needed once the folders hold a log");
    private readonly FlagOption<IReadOnlyList<HostEndpoint>> _hrecov = Endpoints(
        "hrecov", "where others fetch what is recorded (default: the port of -raft + 2000)");
    private readonly FlagOption<IReadOnlyList<HostEndpoint>> _feed = Endpoints(
        "feed", "where it publishes what is recorded (default: the port of -raft + 4000)");
    private readonly FlagOption<IReadOnlyList<string>> _logFolder = List(
        "logfolder", "FOLDER", "folder with a folder for each name, or a folder for each cluster", text => text,
        DefaultFolder);
    private readonly FlagOption<LoggerFormat> _format = Flag.Value(
        "format", "records|text", "text writes a text for people beside the records", ParseFormat,
        LoggerFormat.Records, "records");
    private readonly FlagOption<long?> _keep = Flag.Value<long?>(
        "keep", "SIZE", "keep about this much of each record, such as 500M or 20G, and remove the oldest beyond",
        ParseSize, null, KeepAll);
    private readonly FlagOption<IReadOnlyList<string>> _upstream = List(
        "upstream", "NAME,...", "observer of each cluster to follow rather than a replica", text => text);
    private readonly FlagOption<string?> _advertise = Flag.Text(
        "advertise", "HOST", "host name by which others reach this machine, where the endpoints do not say it");
    private readonly FlagOption<bool> _insecure = Flag.Switch(
        "insecure", "allow listening beyond this machine: connections are neither encrypted nor authenticated");
    private readonly FlagOption<int> _nice = Flag.Integer(
        "nice", "N", "stand back so far behind other processes, such as replicas beside it, on a busy machine", 0, 0,
        Background.NiceMax);
    private readonly FlagOption<string?> _cpuProfile = Flag.Text(
        "cpuprofile", "FILE", "write a CPU trace (.nettrace) to this file on exit");
    private readonly FlagOption<string?> _memoryProfile = Flag.Text(
        "memprofile", "FILE", "write a report on the heap to this file on exit");
    private readonly FlagOption<bool> _verbose = Flag.Switch("v", "show details on standard error");
    private readonly FlagOption<bool> _quiet = Flag.Switch("quiet", "show only warnings and errors");

    /// <summary>Gives the command that is named like the program what makes it run.</summary>
    /// <param name="root">The program's command.</param>
    /// <param name="run">Runs a logger until it is stopped; returns the exit code.</param>
    public static void AddTo(RootCommand root, Func<LoggerOptions, CancellationToken, int> run)
    {
        var command = new LoggerCommand();
        command._id.Required = command._raft.Required = true;
        foreach (Option option in command.Options)
            root.Options.Add(option);
        root.SetAction((parsed, stop) =>
        {
            LoggerOptions options = command.Read(parsed);
            options.Validate();
            return run(options, stop);
        });
    }

    private IEnumerable<Option> Options =>
    [
        _id, _raft, _join, _hrecov, _feed, _logFolder, _format, _keep, _upstream, _advertise, _insecure, _nice,
        _cpuProfile, _memoryProfile, _verbose, _quiet,
    ];

    private LoggerOptions Read(ParseResult parsed) => new()
    {
        Attachments = Attachments(parsed),
        Format = parsed.GetValue(_format),
        KeepBytes = parsed.GetValue(_keep),
        AdvertisedHost = parsed.GetValue(_advertise),
        Insecure = parsed.GetValue(_insecure),
        Nice = parsed.GetValue(_nice),
        CpuProfile = parsed.GetValue(_cpuProfile),
        MemoryProfile = parsed.GetValue(_memoryProfile),
        Verbose = parsed.GetValue(_verbose),
        Quiet = parsed.GetValue(_quiet),
    };

    private LoggerAttachment[] Attachments(ParseResult parsed)
    {
        IReadOnlyList<string> ids = parsed.GetValue(_id)!;
        IReadOnlyList<HostEndpoint> raft = OfEach(parsed, _raft, ids.Count);
        IReadOnlyList<HostEndpoint> join = OfEach(parsed, _join, ids.Count);
        IReadOnlyList<HostEndpoint> transfer = OfEach(parsed, _hrecov, ids.Count);
        IReadOnlyList<HostEndpoint> feed = OfEach(parsed, _feed, ids.Count);
        IReadOnlyList<string> upstream = OfEach(parsed, _upstream, ids.Count);
        IReadOnlyList<string> folders = parsed.GetValue(_logFolder)!;
        if (folders.Count != 1)
            CheckCount(_logFolder.Name, folders.Count, ids.Count);
        return
        [
            .. ids.Select((id, i) => new LoggerAttachment
            {
                Id = id,
                PeerEndpoint = raft[i],
                JoinEndpoint = join.Count > 0 ? join[i] : null,
                TransferEndpoint = transfer.Count > 0
                    ? transfer[i]
                    : Shifted(raft[i], MemberAddresses.TransferPortOffset, _hrecov.Name),
                FeedEndpoint = feed.Count > 0
                    ? feed[i]
                    : Shifted(raft[i], MemberAddresses.FeedPortOffset, _feed.Name),
                Folder = folders.Count > 1 ? folders[i] : Path.Combine(folders[0], id),
                Upstream = upstream.Count > 0 && upstream[i].Length > 0 ? upstream[i] : null,
            }),
        ];
    }

    private static IReadOnlyList<T> OfEach<T>(ParseResult parsed, FlagOption<IReadOnlyList<T>> flag, int count)
    {
        IReadOnlyList<T> values = parsed.GetValue(flag)!;
        if (values.Count > 0)
            CheckCount(flag.Name, values.Count, count);
        return values;
    }

    private static void CheckCount(string flag, int count, int ids)
    {
        if (count != ids)
            throw ChorusException.Usage(
                $"{flag} has {Values(count)}, -id has {Values(ids)}",
                "Give each cluster one value in every list, in the same order, with commas between them");
    }

    private static string Values(int count) => count == 1 ? "1 value" : $"{count} values";

    private static HostEndpoint Shifted(HostEndpoint raft, int offset, string flag) =>
        raft.Port + offset <= ushort.MaxValue
            ? raft with { Port = raft.Port + offset }
            : throw ChorusException.Usage(
                $"-raft: port {raft.Port} + {offset} is no port for {flag}", $"Choose a lower one, or give {flag}");

    private static FlagOption<IReadOnlyList<HostEndpoint>> Endpoints(string name, string help) =>
        List(name, "HOST:PORT,...", help, text => HostEndpoint.Parse(text, "-" + name));

    private static FlagOption<IReadOnlyList<T>> List<T>(
        string name, string valueName, string help, Func<string, T> parse, string? whenAbsent = null)
    {
        IReadOnlyList<T> Split(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(parse)];
        return Flag.Value(name, valueName, help, Split, whenAbsent is null ? [] : Split(whenAbsent), whenAbsent);
    }

    private static LoggerFormat ParseFormat(string text) => text switch
    {
        "records" => LoggerFormat.Records,
        "text" => LoggerFormat.Text,
        _ => throw ChorusException.Usage($"-format: there is no format '{text}'", "Use records or text"),
    };

    private static long? ParseSize(string text) =>
        text == KeepAll ? null : SizeText.Parse("-keep", text, KeepBytesMin, "1M");
}
