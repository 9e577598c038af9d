using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>Every line that a replica writes to its log. Never payloads.</summary>
#pragma warning disable SYSLIB1015 // the node is a field of every event; the line shows it already, before the message
internal static partial class LogMessages
{
    [LoggerMessage(1, LogLevel.Information, "{What}: {About}, term {Term}, index {Index}")]
    public static partial void RaftEvent(
        this ILogger logger, NodeId node, RaftEventKind what, NodeId about, Term term, LogIndex index);

    [LoggerMessage(EventId = 14, Message = "{What}: {About}, term {Term}, index {Index}. {Cure}")]
    public static partial void RaftEventToActOn(
        this ILogger logger, LogLevel level, NodeId node, RaftEventKind what, NodeId about, Term term, LogIndex index,
        string cure);

    [LoggerMessage(15, LogLevel.Warning,
        "has known of no leader for {Seconds} s, and asks around: too few voters answer, or they refuse. Look at them "
            + "and at the network between")]
    public static partial void NoLeader(this ILogger logger, NodeId node, long seconds);

    [LoggerMessage(16, LogLevel.Warning, "is no member any more: {Why}. {Cure}")]
    public static partial void Removed(this ILogger logger, NodeId node, string why, string cure);

    [LoggerMessage(2, LogLevel.Information,
        "starts: cluster {Cluster}, incarnation {Incarnation:x16}, log ends at {Last}, term {Term}")]
    public static partial void Starting(
        this ILogger logger, NodeId node, Guid cluster, ulong incarnation, LogIndex last, Term term);

    [LoggerMessage(3, LogLevel.Warning,
        "dropped a message from a peer: {Why}. Further ones of this kind are only counted")]
    public static partial void PeerFrameDropped(this ILogger logger, NodeId node, string why);

    [LoggerMessage(4, LogLevel.Warning,
        "dropped a frame from a client: {Why}. Further ones of this kind are only counted")]
    public static partial void ClientFrameDropped(this ILogger logger, NodeId node, string why);

    [LoggerMessage(5, LogLevel.Error, "refuses writes: its disk is full. Make room; it goes on by itself")]
    public static partial void DiskFull(this ILogger logger, NodeId node);

    [LoggerMessage(6, LogLevel.Information, "takes writes again: its disk has room")]
    public static partial void DiskHasRoom(this ILogger logger, NodeId node);

    [LoggerMessage(7, LogLevel.Information, "adds {Member} as {Kind} at index {Index}")]
    public static partial void MemberJoins(
        this ILogger logger, NodeId node, string member, MemberKind kind, LogIndex index);

    [LoggerMessage(8, LogLevel.Information, "changes the members at index {Index}, to {Members}")]
    public static partial void MembersChange(this ILogger logger, NodeId node, string members, LogIndex index);

    [LoggerMessage(9, LogLevel.Critical, "stops: {Why}. {Cure}")]
    public static partial void Stopping(this ILogger logger, NodeId node, string why, string cure);

    [LoggerMessage(10, LogLevel.Warning, "recovered its log: {Note}")]
    public static partial void RecoveryNote(this ILogger logger, NodeId node, string note);

    [LoggerMessage(11, LogLevel.Information,
        "is far behind: its log ends at {Last}, its leader has committed {Commit}. Fetches from others")]
    public static partial void CatchUpBegins(this ILogger logger, NodeId node, LogIndex last, LogIndex commit);

    [LoggerMessage(12, LogLevel.Information, "fetches from another than {Source}: {Why}")]
    public static partial void CatchUpFails(this ILogger logger, NodeId node, string source, string why);

    [LoggerMessage(13, LogLevel.Information,
        "fetches no more: {Records} records came, its log ends at {Last}, its leader has committed {Commit}")]
    public static partial void CatchUpEnds(
        this ILogger logger, NodeId node, ulong records, LogIndex last, LogIndex commit);

    [LoggerMessage(30, LogLevel.Information, "snapshot of index {Index}: {Bytes} bytes in {Milliseconds} ms")]
    public static partial void SnapshotTaken(
        this ILogger logger, NodeId node, LogIndex index, long bytes, long milliseconds);

    [LoggerMessage(38, LogLevel.Information,
        "takes a snapshot of index {Index} now: a member has to begin from one, and much log has come behind the last")]
    public static partial void SnapshotForMember(this ILogger logger, NodeId node, LogIndex index);

    [LoggerMessage(39, LogLevel.Information, "asks {Source} for a snapshot")]
    public static partial void SnapshotAsked(this ILogger logger, NodeId node, string source);

    [LoggerMessage(31, LogLevel.Warning,
        "gave up a snapshot of index {Index}: so much changed meanwhile that the old contents took too much memory. "
            + "Tries again later")]
    public static partial void SnapshotLost(this ILogger logger, NodeId node, LogIndex index);

    [LoggerMessage(32, LogLevel.Error,
        "cannot take a snapshot: its disk has no room for it, so its log grows. Make room; it tries again by itself")]
    public static partial void SnapshotWithoutRoom(this ILogger logger, NodeId node);

    [LoggerMessage(33, LogLevel.Information, "its log begins at index {First} now")]
    public static partial void LogCut(this ILogger logger, NodeId node, LogIndex first);

    [LoggerMessage(34, LogLevel.Information,
        "what it lacks is no longer in the log of {Source}: fetches its snapshot, {Length}")]
    public static partial void SnapshotFetchBegins(this ILogger logger, NodeId node, string source, string length);

    [LoggerMessage(35, LogLevel.Warning, "a snapshot that it fetched is damaged and was thrown away: {Why}")]
    public static partial void SnapshotFetchDamaged(this ILogger logger, NodeId node, string why);

    [LoggerMessage(37, LogLevel.Error, "a snapshot that it fetched was thrown away, for it cannot be read: {Why}")]
    public static partial void SnapshotFetchNewer(this ILogger logger, NodeId node, string why);

    [LoggerMessage(36, LogLevel.Information, "has a snapshot of index {Index}, {Bytes} bytes; begins anew from it")]
    public static partial void SnapshotFetched(this ILogger logger, NodeId node, LogIndex index, long bytes);
}
