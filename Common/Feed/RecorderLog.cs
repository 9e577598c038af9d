using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>Every line that a recorder writes. Event ids 320 to 339. Never payloads.</summary>
internal static partial class RecorderLog
{
    [LoggerMessage(320, LogLevel.Information, "{Name} records cluster {Cluster} behind index {Last}")]
    public static partial void Records(this ILogger logger, NodeId name, Guid cluster, LogIndex last);

    [LoggerMessage(321, LogLevel.Warning, "{Name} recovered its record: {Note}")]
    public static partial void Recovered(this ILogger logger, NodeId name, string note);

    [LoggerMessage(322, LogLevel.Warning,
        "{Name} ends at index {Last}, but {Commit} was durable already: its disk has lost what it said to be written. "
            + "The rest is fetched again; look at the disk")]
    public static partial void LostRecords(this ILogger logger, NodeId name, LogIndex last, LogIndex commit);

    [LoggerMessage(323, LogLevel.Error,
        "{Name} finds its disk full: there is no room for the next file of its record, {Bytes} bytes. When the present "
            + "one is full, nothing more is recorded. Make room; it goes on by itself")]
    public static partial void RecordDiskFull(this ILogger logger, NodeId name, long bytes);

    [LoggerMessage(324, LogLevel.Information, "{Name} finds room on its disk again")]
    public static partial void RecordDiskHasRoom(this ILogger logger, NodeId name);

    [LoggerMessage(325, LogLevel.Error, "{Name} stops recording behind index {Last}: {Why}. {Cure}")]
    public static partial void RecordEnds(this ILogger logger, NodeId name, LogIndex last, string why, string cure);

    [LoggerMessage(326, LogLevel.Critical, "{Name} stops: {Why}. {Cure}")]
    public static partial void RecorderStops(this ILogger logger, NodeId name, string why, string cure);
}
