using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>Every line that a follower of a log writes. Event ids 300 to 319. Never payloads.</summary>
#pragma warning disable SYSLIB1015 // the node is a field of every event; the line may show it already
internal static partial class FollowerLog
{
    [LoggerMessage(300, LogLevel.Information, "{Name} follows {Source} ({Role}) from index {Next} on")]
    public static partial void Follows(this ILogger logger, string name, string source, FeedRole role, LogIndex next);

    [LoggerMessage(301, LogLevel.Warning, "{Name} avoids {Source} for {Seconds} s: {Why}")]
    public static partial void Avoids(this ILogger logger, string name, string source, long seconds, string why);

    [LoggerMessage(304, LogLevel.Information, "{Name} leaves {Source}: {Why}")]
    public static partial void Leaves(this ILogger logger, string name, string source, string why);

    [LoggerMessage(302, LogLevel.Information, "{Name} is {State} at index {Index}")]
    public static partial void Goes(this ILogger logger, string name, FollowerState state, LogIndex index);

    [LoggerMessage(303, LogLevel.Error, "{Name} takes no records behind index {Index}: {Why}. {Cure}")]
    public static partial void Waits(this ILogger logger, string name, LogIndex index, string why, string cure);
}
