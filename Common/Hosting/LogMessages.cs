using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>Every line that the hosting of a process writes to its log.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(100, LogLevel.Information, "waiting to join through {Target}: {Why}")]
    public static partial void JoinWaits(this ILogger logger, string target, string why);

    [LoggerMessage(101, LogLevel.Information, "joined cluster {Cluster} through {Target}")]
    public static partial void Joined(this ILogger logger, Guid cluster, string target);

    [LoggerMessage(102, LogLevel.Information,
        "clients at {Clients}, peers at {Peers}, joins at {Joins}, data in {Data}")]
    public static partial void Listening(this ILogger logger, string clients, string peers, string joins, string data);

    [LoggerMessage(103, LogLevel.Warning,
        "-inmem: nothing is written to disk; a restarted node has lost everything that it acknowledged")]
    public static partial void InMemory(this ILogger logger);

    [LoggerMessage(104, LogLevel.Information, "log recovered in {Milliseconds} ms: {Entries} entries")]
    public static partial void Recovered(this ILogger logger, long milliseconds, ulong entries);

    [LoggerMessage(105, LogLevel.Warning,
        "-insecure: connections are neither encrypted nor authenticated; anybody who reaches {Address} can read "
            + "and write")]
    public static partial void Insecure(this ILogger logger, string address);

    [LoggerMessage(106, LogLevel.Information, "stopped")]
    public static partial void Stopped(this ILogger logger);

    [LoggerMessage(108, LogLevel.Information,
        "state opened and verified in {Milliseconds} ms: it holds the entries up to {Index}")]
    public static partial void StateRestored(this ILogger logger, long milliseconds, Chorus.Raft.LogIndex index);

    [LoggerMessage(111, LogLevel.Error, "passed over a snapshot: {Why}")]
    public static partial void SnapshotPassedOver(this ILogger logger, string why);

    [LoggerMessage(112, LogLevel.Information,
        "snapshot of index {Index} verified in {Milliseconds} ms: {Bytes} bytes")]
    public static partial void SnapshotFound(
        this ILogger logger, long milliseconds, Chorus.Raft.LogIndex index, long bytes);

    [LoggerMessage(113, LogLevel.Error,
        "the log in {Location} cannot be put in order, because the disk is full: {Why}. Make room; it goes on by "
            + "itself")]
    public static partial void LogNeedsRoom(this ILogger logger, string location, string why);

    [LoggerMessage(107, LogLevel.Information,
        "starting from the own data; {Target} did not confirm the membership: {Why}")]
    public static partial void JoinUnconfirmed(this ILogger logger, string target, string why);

    [LoggerMessage(110, LogLevel.Critical,
        "serves no transfers any more, for a reason that was not foreseen: restart this process and report this line")]
    public static partial void TransferStopped(this ILogger logger, Exception error);
}
