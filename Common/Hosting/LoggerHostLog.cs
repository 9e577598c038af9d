using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>Lines of a logger's process. Event ids 120 to 129.</summary>
internal static partial class LoggerHostLog
{
    [LoggerMessage(120, LogLevel.Information, "{Name}: feed at {Feed}, transfers at {Transfer}, record in {Folder}")]
    public static partial void ClusterListening(
        this ILogger logger, string name, string feed, string transfer, string folder);

    [LoggerMessage(121, LogLevel.Error, "{Name} is given up, whatever becomes of the others: {Why}")]
    public static partial void ClusterFailed(this ILogger logger, string name, string why);

    [LoggerMessage(122, LogLevel.Information, "{Name} joined cluster {Cluster} through {Target}")]
    public static partial void ClusterJoined(this ILogger logger, string name, Guid cluster, string target);

    [LoggerMessage(123, LogLevel.Information, "{Name} ends at index {Index}")]
    public static partial void ClusterEnded(this ILogger logger, string name, ulong index);

    [LoggerMessage(124, LogLevel.Warning,
        "{Name} ends at index {Index}; the disk did not take everything in {Seconds} s")]
    public static partial void ClusterNotDrained(this ILogger logger, string name, ulong index, long seconds);
}
