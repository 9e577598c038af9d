using System.Globalization;
using Chorus.Client.CommandLine;
using Chorus.Client.Settings;
using Chorus.Common.Hosting;
using Chorus.Common.Toml;

namespace Chorus.Client.Commands;

/// <summary>What the commands share: the terminal, the way to a cluster, and the flags that lead there.</summary>
internal sealed record Surroundings(Terminal Terminal, ConnectCluster Connect)
{
    /// <summary>The configuration that holds when none is named.</summary>
    public const string DefaultFile = "client-config.toml";

    private const double DefaultTimeoutSec = 5;

    public static FlagSpec ServersFlag { get; } =
        new("servers", "LIST", "client addresses, as in :11000,:11001");

    public static FlagSpec ConfigFlag { get; } =
        new("config", "FILE", $"configuration (default: {DefaultFile}, if it is there)");

    public static FlagSpec TimeoutFlag { get; } =
        new("timeout", "SECONDS", $"deadline of one operation (default {DefaultTimeoutSec})");

    public static FlagSpec OutputFlag { get; } = new("o", "table|json", "form of answers and errors (default table)");

    public static FlagSpec HexFlag { get; } = new("hex", null, "keys and values in hexadecimal");

    /// <summary>Flags of every command that asks a cluster.</summary>
    public static IReadOnlyList<FlagSpec> ClusterFlags { get; } = [ServersFlag, TimeoutFlag, OutputFlag, ConfigFlag];

    public Answer AnswerFor(Invocation invocation) => Answer.For(Terminal, invocation.Get("o"));

    /// <summary>Opens a connection to the servers that flags, environment or file name.</summary>
    public ClusterAccess Open(Invocation invocation) =>
        Connect(
            Servers(invocation), Timeout(invocation), completeInline: false, session: true, ReadChoice.Of(invocation),
            invocation.Stop);

    public IReadOnlyList<string> Servers(Invocation invocation)
    {
        Dictionary<string, string> flags = [];
        if (invocation.Get("servers") is { } servers)
            flags["servers"] = servers;
        // A file that nobody asked about must not stop a command that does not need it.
        TomlDocument? file = flags.Count > 0 && invocation.Get("config") is null ? null : ReadFile(invocation);
        return new LoadSettingsReader(file, _ => null, flags).ReadServers();
    }

    /// <summary>The file that <c>-config</c> names, else the usual one if it is there, else null.</summary>
    public TomlDocument? ReadFile(Invocation invocation)
    {
        string? named = invocation.Get("config");
        string path = Path.Combine(Terminal.Folder, named ?? DefaultFile);
        if (named is null && !File.Exists(path))
            return null;
        if (!File.Exists(path))
            throw ChorusException.Usage($"-config: there is no file '{named}'", "Name an existing TOML file.");
        return TomlDocument.Parse(File.ReadAllBytes(path), named ?? DefaultFile);
    }

    public static TimeSpan Timeout(Invocation invocation)
    {
        if (invocation.Get("timeout") is not { } text)
            return TimeSpan.FromSeconds(DefaultTimeoutSec);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double sec)
            && sec is > 0 and <= 3600
            ? TimeSpan.FromSeconds(sec)
            : throw ChorusException.Usage($"-timeout: '{text}' is not a number of seconds from 0 to 3600");
    }
}
