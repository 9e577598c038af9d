using Chorus.Client.Acked;
using Chorus.Client.CommandLine;
using Chorus.Client.Commands;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Toml;

namespace Chorus.Client.Settings;

/// <summary>
/// Puts the settings of a load together: flag before environment before file before default; unknown keys and
/// values out of bounds are errors that name their place.
/// </summary>
internal sealed class LoadSettingsReader
{
    private const long DrainSlackSec = 3;

    private static readonly long[] DataSizes = [128, 1024, 4096];

    private readonly Dictionary<SettingSpec, SettingValue> _values = [];

    /// <param name="file">The configuration; null: none.</param>
    /// <param name="variable">Looks up an environment variable.</param>
    /// <param name="flags">Values of flags by name, without hyphens.</param>
    public LoadSettingsReader(
        TomlDocument? file, Func<string, string?> variable, IReadOnlyDictionary<string, string> flags)
    {
        foreach (SettingSpec spec in LoadSettingSpecs.All)
            _values[spec] = new SettingValue(spec, spec.Default, SettingOrigin.Default, spec.Key);
        if (file is not null)
            AddFile(file);
        foreach (SettingSpec spec in LoadSettingSpecs.All)
        {
            if (variable(spec.Variable) is { Length: > 0 } text)
                _values[spec] = SettingReader.FromText(spec, text, SettingOrigin.Environment, spec.Variable);
            if (flags.TryGetValue(spec.Flag, out string? given))
                _values[spec] = SettingReader.FromText(spec, given, SettingOrigin.Flag, "-" + spec.Flag);
        }
        if (variable("CHORUS_DATA") is { Length: > 0 } data && !flags.ContainsKey("size"))
            _values[LoadSettingSpecs.ValueBytes] = DataSize(data, SettingOrigin.Environment, "CHORUS_DATA");
        if (flags.TryGetValue("data", out string? preset))
            _values[LoadSettingSpecs.ValueBytes] = DataSize(preset, SettingOrigin.Flag, "-data");
    }

    /// <summary>Reads and checks everything.</summary>
    /// <exception cref="ChorusException">Something is wrong; says what, and where.</exception>
    public LoadSettings Read()
    {
        LoadPlan plan = Plan();
        double timeoutSec = _values[LoadSettingSpecs.Timeout].Number;
        CheckTracking(plan);
        return new LoadSettings
        {
            Servers = ReadServers(),
            Plan = plan with { DrainSec = timeoutSec + DrainSlackSec },
            Reads = Reads(),
            Connections = (int)Math.Min(plan.Clients, _values[LoadSettingSpecs.Connections].Whole),
            Timeout = TimeSpan.FromSeconds(timeoutSec),
            UseSession = ReadSwitch(LoadSettingSpecs.Sessions),
            Tolerated = Tolerated(plan.TrackAcknowledged),
            Folder = NullIfEmpty(_values[LoadSettingSpecs.Folder].Text),
            AckedFile = NullIfEmpty(_values[LoadSettingSpecs.Acked].Text),
            Notes = Notes(),
            All = [.. LoadSettingSpecs.All.Select(spec => _values[spec])],
        };
    }

    /// <summary>The addresses alone: all that other commands need of a file.</summary>
    public IReadOnlyList<string> ReadServers()
    {
        SettingValue servers = _values[LoadSettingSpecs.Servers];
        SettingValue replicas = _values[LoadSettingSpecs.Replicas];
        if (servers.List.Count == 0)
            throw servers.Wrong($"{servers.Spec.Name} names nobody", "Name at least one replica, as host:port.");
        // A list given nearer to the user than rep replaces the file's idea of the cluster.
        if (replicas.Whole > 0 && replicas.Origin >= servers.Origin && replicas.Whole != servers.List.Count)
            throw replicas.Wrong(
                $"rep is {replicas.Whole}, but svrIps lists {servers.List.Count}", "Make the two agree.");
        return [.. servers.List.Select(text => HostEndpoint.TryParse(text, out HostEndpoint endpoint, out string error)
            ? endpoint.ToString() : throw servers.Wrong(error))];
    }

    private bool ReadSwitch(SettingSpec spec)
    {
        SettingValue value = _values[spec];
        return value.Text switch
        {
            "on" => true,
            "off" => false,
            _ => throw value.Wrong($"'{value.Text}' is neither on nor off"),
        };
    }

    private void AddFile(TomlDocument file)
    {
        AddTable(file, file.Root, [.. LoadSettingSpecs.All.Where(spec => !spec.IsInLoadTable)], ["load"]);
        if (!file.Root.TryGet("load", out TomlEntry load))
            return;
        if (load.Value.Kind != TomlKind.Table)
            throw ChorusException.Usage($"{file.File}:{load.Position}: load must be a table: [load]");
        AddTable(file, load.Value.AsTable, [.. LoadSettingSpecs.All.Where(spec => spec.IsInLoadTable)], []);
    }

    private void AddTable(
        TomlDocument file, TomlTable table, IReadOnlyList<SettingSpec> specs, IReadOnlyList<string> tables)
    {
        foreach (TomlEntry entry in table.Entries)
        {
            if (specs.FirstOrDefault(spec => spec.Name == entry.Key) is { } spec)
                _values[spec] = SettingReader.FromFile(spec, entry.Value, file.File);
            else if (!tables.Contains(entry.Key))
                throw ChorusException.Usage(
                    $"{file.File}:{entry.Position}: unknown key '{entry.Key}'",
                    Nearest.Sentence(entry.Key, [.. specs.Select(known => known.Name), .. tables], ""));
        }
    }

    private LoadPlan Plan()
    {
        SettingValue requests = _values[LoadSettingSpecs.Requests];
        SettingValue time = _values[LoadSettingSpecs.Time];
        bool both = requests.Whole > 0 && time.Number > 0;
        if (both && requests.Origin == time.Origin && requests.Origin != SettingOrigin.Default)
            throw requests.Wrong("a load ends after a number of requests or after a time, not both",
                "Leave one of -req (requests) and -time (timeSec) out, or set it to 0.");
        bool byCount = requests.Whole > 0 && (time.Number <= 0 || requests.Origin > time.Origin);
        if (!byCount && time.Number <= 0)
            throw time.Wrong("neither requests nor a time is given", "Set one of -req and -time.");
        return new LoadPlan
        {
            Clients = (int)_values[LoadSettingSpecs.Clients].Whole,
            Requests = byCount ? requests.Whole : 0,
            TimeSec = byCount ? 0 : time.Number,
            WarmUpSec = _values[LoadSettingSpecs.WarmUp].Number,
            Keys = _values[LoadSettingSpecs.Keys].Whole,
            KeyPrefix = _values[LoadSettingSpecs.KeyPrefix].Text,
            KeyDigits = (int)_values[LoadSettingSpecs.KeyDigits].Whole,
            ValueBytes = (int)_values[LoadSettingSpecs.ValueBytes].Whole,
            ReadShare = _values[LoadSettingSpecs.ReadShare].Number,
            RatePerSec = _values[LoadSettingSpecs.Rate].Number,
            ThinkingTimeMsec = (int)_values[LoadSettingSpecs.ThinkingTime].Whole,
            Seed = unchecked((ulong)_values[LoadSettingSpecs.Seed].Whole),
            TrackAcknowledged = _values[LoadSettingSpecs.Acked].Text.Length > 0,
        };
    }

    private ReadChoice Reads()
    {
        (SettingValue mode, SettingValue from) =
            (_values[LoadSettingSpecs.ReadMode], _values[LoadSettingSpecs.ReadFrom]);
        return ReadChoice.Of(mode.Text, mode.Place, from.Text, from.Place);
    }

    private void CheckTracking(LoadPlan plan)
    {
        if (plan.TrackAcknowledged && plan.ValueBytes < ValueStamp.Length)
            throw _values[LoadSettingSpecs.ValueBytes].Wrong(
                $"values of {plan.ValueBytes} bytes cannot be told apart",
                $"With -acked use at least {ValueStamp.Length} bytes: -size {ValueStamp.Length}");
    }

    private List<Code> Tolerated(bool tracking)
    {
        SettingValue names = _values[LoadSettingSpecs.Tolerate];
        // With an account of every write an unknown outcome is no gap: verify accepts exactly the two values.
        if (names.Origin == SettingOrigin.Default)
            return tracking ? [Code.OutcomeUnknown] : [];
        List<Code> codes = [];
        foreach (string name in names.List)
            codes.Add(CodeNames.Find(name) is { } code && CodeNames.Failures.Contains(code)
                ? code
                : throw names.Wrong($"there is no error called '{name}'",
                    Nearest.Sentence(name.ToUpperInvariant(), [.. CodeNames.Failures.Select(CodeNames.Of)], "")));
        return codes;
    }

    private List<string> Notes()
    {
        List<string> notes = [];
        SettingValue udp = _values[LoadSettingSpecs.UdpPort];
        if (udp.Whole != 0)
            notes.Add($"{udp.Place}: udpport {udp.Whole} is not used: replies come back on the socket of the request");
        SettingValue local = _values[LoadSettingSpecs.LocalIp];
        if (local.Text.Length > 0 && !HostEndpoint.TryParse(local.Text + ":1", out _, out string error))
            throw local.Wrong($"localip: {error}");
        return notes;
    }

    private static SettingValue DataSize(string text, SettingOrigin origin, string place)
    {
        SettingValue size = SettingReader.FromText(LoadSettingSpecs.ValueBytes, text, origin, place);
        return size.Whole < DataSizes.Length ? size with { Value = DataSizes[size.Whole] } : size;
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
