using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Logger.Recording;

/// <summary>Lines about the files beside a record. Event ids 400 to 409.</summary>
internal static partial class RecordingLog
{
    [LoggerMessage(400, LogLevel.Error,
        "{Name}: the text cannot be written behind record {Next}: {Why}. The record itself goes on; make room, and the "
            + "text catches up by itself")]
    public static partial void TextFails(this ILogger logger, string name, LogIndex next, string why);

    [LoggerMessage(401, LogLevel.Information, "{Name}: the text goes on")]
    public static partial void TextGoesOn(this ILogger logger, string name);

    [LoggerMessage(402, LogLevel.Warning, "{Name}: the throughput cannot be written: {Why}")]
    public static partial void ThroughputFails(this ILogger logger, string name, string why);
}
