using System.CommandLine;
using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.Recovery;

/// <summary>The command line of Recovery.</summary>
internal sealed class RecoveryCommand
{
    private const string Table = "table";
    private const string Line = "json";

    private static readonly FlagOption<string> Format = Flag.Value(
        "o", "table|json", "form of the answer", ParseFormat, Table, Table);

    private readonly FlagOption<IReadOnlyList<IReadOnlyList<HostEndpoint>>> _recov = Flag.List(
        "recov", "HOST:PORT,...", "transfer addresses (-hrecov) of replicas or loggers to get the state from",
        text => HostEndpoint.ParseList(text, "-recov"));
    private readonly FlagOption<IReadOnlyList<IReadOnlyList<HostEndpoint>>> _servers = Flag.List(
        "servers", "HOST:PORT,...", "client addresses of replicas whose digest is compared (default: all members)",
        text => HostEndpoint.ParseList(text, "-servers"));
    private readonly FlagOption<TimeSpan> _after = Flag.Value(
        "after", "TIME", "wait before anything is asked, as in 30s or 500ms", ParseTime, TimeSpan.Zero, null);
    private readonly FlagOption<ulong> _from = Flag.Value(
        "from", "INDEX", "first index; a state can be made only from 1 on", text => ParseIndex("-from", text), 1ul,
        "1");
    private readonly FlagOption<ulong?> _to = Flag.Value<ulong?>(
        "to", "INDEX", "last index (default: the newest)", text => ParseIndex("-to", text), null, null);
    private readonly FlagOption<bool> _compact = Flag.Switch("compact", "receive only the last command of each key");
    private readonly FlagOption<bool> _image = Flag.Switch(
        "image", "of DiskStorage: receive the file of slots, and only the log behind it");
    private readonly FlagOption<string?> _out = Flag.Text(
        "out", "DIR", "write a data directory from which a replica can start");
    private readonly FlagOption<string?> _id = Flag.Text("id", "NAME", "name of that replica, new to its cluster");
    private readonly FlagOption<Preload?> _preload = Flag.Value<Preload?>(
        "preload", "N,SIZE", "what the replicas were preloaded with (default: as they say)",
        text => Preload.Parse(text), null, null);
    private readonly FlagOption<string?> _cpuProfile = Flag.Text(
        "cpuprofile", "FILE", "write a CPU trace (.nettrace) to this file on exit");
    private readonly FlagOption<string?> _memoryProfile = Flag.Text(
        "memprofile", "FILE", "write a report on the heap to this file on exit");
    private readonly FlagOption<bool> _verbose = Flag.Switch("v", "show details on standard error");
    private readonly FlagOption<bool> _quiet = Flag.Switch("quiet", "show only warnings and errors");

    /// <summary>Builds the command.</summary>
    /// <param name="run">Recovers; returns the exit code.</param>
    public static RootCommand Create(Func<RecoveryOptions, CancellationToken, int> run)
    {
        var command = new RecoveryCommand();
        RootCommand root = command.Declare();
        root.SetAction((parsed, stop) =>
        {
            RecoveryOptions options = command.Read(parsed);
            options.Validate();
            return run(options, stop);
        });
        return root;
    }

    /// <summary>Whether answers and errors are wanted as JSON.</summary>
    public static bool WantsJson(ParseResult parsed) => parsed.GetValue(Format) == Line;

    private RootCommand Declare()
    {
        _recov.Required = true;
        return new RootCommand(
            "Recovery: gets the state from replicas or loggers, installs it in a fresh state machine while it arrives, "
            + "and compares it with the replicas'. Prints transfer time in ns, install time in ns, bytes and number "
            + "of commands, one a line, and then the same for people.")
        {
            _recov, _servers, _after, _from, _to, _compact, _image, _out, _id, _preload, Format, _cpuProfile,
            _memoryProfile, _verbose, _quiet,
        }.WithExamples(
            new("Recovery -recov :14000", "from one replica"),
            new("Recovery -recov :14000,:14001,:14003 -after 30s", "from several at once, during a run"),
            new("Recovery -recov :14003 -compact", "only what the state still shows"),
            new("Recovery -recov :14000 -out data/node7 -id node7", "make a data directory for a new replica"));
    }

    private RecoveryOptions Read(ParseResult parsed) => new()
    {
        Sources = [.. (parsed.GetValue(_recov) ?? []).SelectMany(endpoints => endpoints).Distinct()],
        Servers = [.. (parsed.GetValue(_servers) ?? []).SelectMany(endpoints => endpoints).Distinct()],
        After = parsed.GetValue(_after),
        From = parsed.GetValue(_from),
        To = parsed.GetValue(_to),
        Compact = parsed.GetValue(_compact),
        Image = parsed.GetValue(_image),
        OutDirectory = parsed.GetValue(_out),
        NodeName = parsed.GetValue(_id) ?? "",
        Preload = parsed.GetValue(_preload),
        Json = WantsJson(parsed),
        CpuProfile = parsed.GetValue(_cpuProfile),
        MemoryProfile = parsed.GetValue(_memoryProfile),
        Verbose = parsed.GetValue(_verbose),
        Quiet = parsed.GetValue(_quiet),
    };

    private static ulong ParseIndex(string flag, string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong index)
        && index is >= 1 and < long.MaxValue
            ? index
            : throw ChorusException.Usage($"{flag}: '{text}' is no index", "Write a number from 1 on");

    private static string ParseFormat(string text) => text is Table or Line
        ? text
        : throw ChorusException.Usage($"-o: '{text}' is no form of an answer", "Write table or json");

    private static TimeSpan ParseTime(string text)
    {
        (string Unit, double Seconds)[] units = [("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("", 1)];
        (string unit, double seconds) = units.First(unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        return double.TryParse(
                text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * seconds <= TimeSpan.FromDays(1).TotalSeconds
            ? TimeSpan.FromSeconds(number * seconds)
            : throw ChorusException.Usage(
                $"-after: '{text}' is no time of at most a day", "Write it as in 30s, 500ms or 2m");
    }
}
