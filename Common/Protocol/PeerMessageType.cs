namespace Chorus.Common.Protocol;

/// <summary>Kinds of messages between replicas, as numbered on the wire.</summary>
public enum PeerMessageType : byte
{
    /// <summary><see cref="Chorus.Raft.PreVoteRequest"/>.</summary>
    PreVoteRequest = 1,

    /// <summary><see cref="Chorus.Raft.PreVoteResponse"/>.</summary>
    PreVoteResponse = 2,

    /// <summary><see cref="Chorus.Raft.VoteRequest"/>.</summary>
    VoteRequest = 3,

    /// <summary><see cref="Chorus.Raft.VoteResponse"/>.</summary>
    VoteResponse = 4,

    /// <summary><see cref="Chorus.Raft.AppendRequest"/>; its records are the second frame.</summary>
    AppendRequest = 5,

    /// <summary><see cref="Chorus.Raft.AppendAccepted"/>.</summary>
    AppendAccepted = 6,

    /// <summary><see cref="Chorus.Raft.AppendRejected"/>.</summary>
    AppendRejected = 7,

    /// <summary><see cref="Chorus.Raft.HeartbeatRequest"/>.</summary>
    HeartbeatRequest = 8,

    /// <summary><see cref="Chorus.Raft.HeartbeatResponse"/>.</summary>
    HeartbeatResponse = 9,

    /// <summary>A join request that a member passes on to the leader; the request is the second frame.</summary>
    ForwardedJoin = 10,

    /// <summary>The leader's answer to <see cref="ForwardedJoin"/>; the reply is the second frame.</summary>
    ForwardedJoinReply = 11,

    /// <summary><see cref="Chorus.Raft.TimeoutNow"/>.</summary>
    TimeoutNow = 12,

    /// <summary>
    /// A request about the members or the leader that a member passes on to the leader; a <c>Request</c> is the second
    /// frame.
    /// </summary>
    ForwardedRequest = 13,

    /// <summary>The leader's answer to <see cref="ForwardedRequest"/>; a <c>Response</c> is the second frame.</summary>
    ForwardedResponse = 14,

    /// <summary><see cref="Chorus.Raft.ReadIndexRequest"/>.</summary>
    ReadIndexRequest = 20,

    /// <summary><see cref="Chorus.Raft.ReadIndexResponse"/>.</summary>
    ReadIndexResponse = 21,

    /// <summary><see cref="Chorus.Raft.SnapshotRequired"/>.</summary>
    SnapshotRequired = 24,
}
