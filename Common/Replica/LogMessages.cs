using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>Every line that a replica writes to its log. Never payloads.</summary>
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "{Node} {Event} (about {About}, term {Term}, index {Index})")]
    public static partial void RaftEvent(
        this ILogger logger, NodeId node, RaftEventKind @event, NodeId about, Term term, LogIndex index);

    [LoggerMessage(2, LogLevel.Information,
        "{Node} starts: cluster {Cluster}, incarnation {Incarnation:x16}, log ends at {Last}, term {Term}")]
    public static partial void Starting(
        this ILogger logger, NodeId node, Guid cluster, ulong incarnation, LogIndex last, Term term);

    [LoggerMessage(3, LogLevel.Warning,
        "{Node} dropped a message from a peer: {Why}. Further ones of this kind are only counted")]
    public static partial void PeerFrameDropped(this ILogger logger, NodeId node, string why);

    [LoggerMessage(4, LogLevel.Warning,
        "{Node} dropped a frame from a client: {Why}. Further ones of this kind are only counted")]
    public static partial void ClientFrameDropped(this ILogger logger, NodeId node, string why);

    [LoggerMessage(5, LogLevel.Error, "{Node} refuses writes: its disk is full. Make room; it goes on by itself")]
    public static partial void DiskFull(this ILogger logger, NodeId node);

    [LoggerMessage(6, LogLevel.Information, "{Node} takes writes again: its disk has room")]
    public static partial void DiskHasRoom(this ILogger logger, NodeId node);

    [LoggerMessage(7, LogLevel.Information, "{Node} adds {Member} as a learner at index {Index}")]
    public static partial void MemberJoins(this ILogger logger, NodeId node, string member, LogIndex index);

    [LoggerMessage(8, LogLevel.Information, "{Node} removes {Member} at index {Index}")]
    public static partial void MemberRemoved(this ILogger logger, NodeId node, string member, LogIndex index);

    [LoggerMessage(9, LogLevel.Critical, "{Node} stops: {Why}. {Cure}")]
    public static partial void Stopping(this ILogger logger, NodeId node, string why, string cure);

    [LoggerMessage(10, LogLevel.Warning, "{Node} recovered its log: {Note}")]
    public static partial void RecoveryNote(this ILogger logger, NodeId node, string note);
}
