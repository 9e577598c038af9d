namespace Chorus.Client.Settings;

/// <summary>All settings of a load, in the order of client-config.toml.</summary>
internal static class LoadSettingSpecs
{
    public const int ClientsMax = 100_000;
    public const int ConnectionsMax = 1024;
    public const int ValueBytesMax = 64 << 20;

    public static readonly SettingSpec Replicas = new("rep", "rep", SettingKind.Whole, 0L, 0, 99);
    public static readonly SettingSpec Servers =
        new("svrIps", "servers", SettingKind.TextList, (string[])["127.0.0.1:11000"]);

    public static readonly SettingSpec LocalIp = new("localip", "localip", SettingKind.Text, "");
    public static readonly SettingSpec UdpPort = new("udpport", "udpport", SettingKind.Whole, 0L, 0, 65535);
    public static readonly SettingSpec ThinkingTime =
        new("thinkingTimeMsec", "think", SettingKind.Whole, 0L, 0, 3_600_000);

    public static readonly SettingSpec Clients =
        new("load.clients", "clients", SettingKind.Whole, 64L, 1, ClientsMax);

    public static readonly SettingSpec Requests =
        new("load.requests", "req", SettingKind.Whole, 0L, 0, long.MaxValue);

    public static readonly SettingSpec Time = new("load.timeSec", "time", SettingKind.Number, 10.0, 0, 1e7);
    public static readonly SettingSpec WarmUp = new("load.warmUpSec", "warm", SettingKind.Number, 0.0, 0, 1e6);
    public static readonly SettingSpec Keys =
        new("load.keys", "key", SettingKind.Whole, 10_000L, 1, 1_000_000_000_000);

    public static readonly SettingSpec KeyPrefix = new("load.keyPrefix", "prefix", SettingKind.Text, "");
    public static readonly SettingSpec KeyDigits =
        new("load.keyDigits", "digits", SettingKind.Whole, 0L, 0, 20);

    public static readonly SettingSpec ValueBytes =
        new("load.valueBytes", "size", SettingKind.Whole, 128L, 0, ValueBytesMax);

    public static readonly SettingSpec ReadShare = new("load.readShare", "reads", SettingKind.Number, 0.0, 0, 1);
    public static readonly SettingSpec ReadMode = new("load.readMode", "readmode", SettingKind.Text, "");
    public static readonly SettingSpec ReadFrom = new("load.readFrom", "readfrom", SettingKind.Text, "");
    public static readonly SettingSpec Connections =
        new("load.connections", "conns", SettingKind.Whole, 2L, 1, ConnectionsMax);

    public static readonly SettingSpec Rate = new("load.ratePerSec", "rate", SettingKind.Number, 0.0, 0, 1e8);
    public static readonly SettingSpec Seed =
        new("load.seed", "seed", SettingKind.Whole, 1L, long.MinValue, ulong.MaxValue);

    public static readonly SettingSpec Timeout =
        new("load.timeoutSec", "timeout", SettingKind.Number, 5.0, 0.001, 3600);

    public static readonly SettingSpec Sessions = new("load.sessions", "sessions", SettingKind.Text, "on");

    public static readonly SettingSpec Tolerate =
        new("load.tolerate", "tolerate", SettingKind.TextList, Array.Empty<string>());

    public static readonly SettingSpec Folder = new("load.folder", "log", SettingKind.Text, "");
    public static readonly SettingSpec Acked = new("load.acked", "acked", SettingKind.Text, "");

    public static IReadOnlyList<SettingSpec> All { get; } =
    [
        Replicas, Servers, LocalIp, UdpPort, ThinkingTime, Clients, Requests, Time, WarmUp, Keys, KeyPrefix,
        KeyDigits, ValueBytes, ReadShare, ReadMode, ReadFrom, Connections, Rate, Seed, Timeout, Sessions, Tolerate,
        Folder, Acked,
    ];
}
