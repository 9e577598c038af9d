using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Transfer;

/// <summary>What a transfer service tells the log. Event ids 3100 to 3199.</summary>
internal static partial class TransferLog
{
    [LoggerMessage(3100, LogLevel.Error, "{Node} cannot serve a part of its log: {Why}")]
    public static partial void Damaged(this ILogger logger, string node, string why);

    [LoggerMessage(3101, LogLevel.Warning, "{Node} does not serve a stream: {Why}")]
    public static partial void Refused(this ILogger logger, string node, string why);

    [LoggerMessage(3110, LogLevel.Error,
        "{Node} finds its log damaged: records {First} to {Last} are missing, {Holes} place(s) in all. It takes no "
            + "part in its cluster before it has them again, and asks the others for them. {Why}")]
    public static partial void RepairBegins(
        this ILogger logger, NodeId node, LogIndex first, LogIndex last, int holes, string why);

    [LoggerMessage(3111, LogLevel.Information, "{Node} asks {Source} for records {First} to {Last} of its damaged log")]
    public static partial void RepairAsks(
        this ILogger logger, NodeId node, string source, LogIndex first, LogIndex last);

    [LoggerMessage(3112, LogLevel.Warning,
        "{Node} waits for records {First} to {Last} of its damaged log: {Why}. They are not given up: it goes on by "
            + "itself when a node that has them is there; or restore the file from a copy and start again")]
    public static partial void RepairWaits(
        this ILogger logger, NodeId node, LogIndex first, LogIndex last, string why);

    [LoggerMessage(3113, LogLevel.Warning,
        "{Node} has repaired its log: records {First} to {Last} came from {Source}, fit on both sides and are durable")]
    public static partial void RepairDone(
        this ILogger logger, NodeId node, LogIndex first, LogIndex last, string source);

    [LoggerMessage(3114, LogLevel.Warning,
        "{Node} ends its log before record {First}: {Source} has committed others than stood behind the damage, so "
            + "those never were. The files are set aside. It votes for nobody until it has caught up")]
    public static partial void RepairEnds(this ILogger logger, NodeId node, LogIndex first, string source);

    [LoggerMessage(3115, LogLevel.Warning,
        "{Node} gives up records {First} to {Last} of its damaged log: nobody has them any more, and {Source} has a "
            + "snapshot that stands for them. Its files are set aside. It takes a snapshot from another member, and "
            + "votes for nobody until it has caught up")]
    public static partial void RepairGivesUp(
        this ILogger logger, NodeId node, LogIndex first, LogIndex last, string source);
}
