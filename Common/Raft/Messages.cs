namespace Chorus.Raft;

/// <summary>
/// What one node says to another. Each kind has a type of its own; no field has two meanings.
/// </summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">
/// Sender's incarnation; a message from another one than the configuration names is dropped.
/// </param>
/// <param name="To">Receiver.</param>
/// <param name="Term">
/// Sender's term, except in <see cref="PreVoteRequest"/>: the term it would campaign in.
/// </param>
public abstract record Message(NodeId From, ulong FromIncarnation, NodeId To, Term Term);

/// <summary>"Would you vote for me?", asked before the term is raised.</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">The term that the sender would campaign in: its own + 1.</param>
/// <param name="LastIndex">Last index of the sender's log.</param>
/// <param name="LastTerm">Term of that entry.</param>
/// <remarks>Raft dissertation §9.6.</remarks>
public sealed record PreVoteRequest(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, LogIndex LastIndex, Term LastTerm)
    : Message(From, FromIncarnation, To, Term);

/// <summary>Answer to <see cref="PreVoteRequest"/>; binds nobody.</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">When granted the term asked for; when refused the sender's own.</param>
/// <param name="Granted">Whether the sender would vote for the asker.</param>
public sealed record PreVoteResponse(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, bool Granted)
    : Message(From, FromIncarnation, To, Term);

/// <summary>"Vote for me in this term."</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">Term of the election.</param>
/// <param name="LastIndex">Last index of the candidate's log.</param>
/// <param name="LastTerm">Term of that entry.</param>
/// <param name="ByTransfer">
/// Whether the leader itself has asked for this election (<see cref="TimeoutNow"/>): nobody is loyal to it then.
/// </param>
/// <remarks>Raft §5.2, §5.4.1; disruption on purpose: dissertation §4.2.3.</remarks>
public sealed record VoteRequest(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, LogIndex LastIndex, Term LastTerm,
    bool ByTransfer = false)
    : Message(From, FromIncarnation, To, Term);

/// <summary>"Campaign now": the leader hands its leadership over.</summary>
/// <param name="From">The leader.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Who is to lead next.</param>
/// <param name="Term">Leader's term; in another one it means nothing.</param>
/// <remarks>Raft dissertation §3.10.</remarks>
public sealed record TimeoutNow(NodeId From, ulong FromIncarnation, NodeId To, Term Term)
    : Message(From, FromIncarnation, To, Term);

/// <summary>Answer to <see cref="VoteRequest"/>; leaves only after the vote is durable.</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">Sender's term.</param>
/// <param name="Granted">Whether the sender voted for the asker in this term.</param>
public sealed record VoteResponse(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, bool Granted)
    : Message(From, FromIncarnation, To, Term);

/// <summary>Entries for a follower or a learner. The records travel beside it.</summary>
/// <param name="From">The leader.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">Leader's term.</param>
/// <param name="PreviousIndex">Index before the first entry: <c>Entries.From - 1</c>.</param>
/// <param name="PreviousTerm">Term of that entry; 0 at index 0.</param>
/// <param name="Entries">The entries; empty in a probe.</param>
/// <param name="Commit">Leader's commit index.</param>
/// <remarks>Raft §5.3.</remarks>
public sealed record AppendRequest(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term,
    LogIndex PreviousIndex, Term PreviousTerm, EntryRange Entries, LogIndex Commit)
    : Message(From, FromIncarnation, To, Term);

/// <summary>"Everything up to here equals your log and is durable."</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">
/// Term in which the match was found: an acknowledgement of another term is dropped.
/// </param>
/// <param name="Match">Last index that is durable here and known to equal the leader's log.</param>
public sealed record AppendAccepted(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, LogIndex Match)
    : Message(From, FromIncarnation, To, Term);

/// <summary>"I do not have the entry before yours."</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">Sender's term.</param>
/// <param name="RejectedIndex">The <c>PreviousIndex</c> that was refused.</param>
/// <param name="ConflictTerm">Term that stands there in the sender's log; 0 when its log is shorter.</param>
/// <param name="ConflictFirst">First index of that term, or the index behind the sender's last entry.</param>
/// <remarks>Raft §5.3, fast backtracking.</remarks>
public sealed record AppendRejected(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term,
    LogIndex RejectedIndex, Term ConflictTerm, LogIndex ConflictFirst)
    : Message(From, FromIncarnation, To, Term);

/// <summary>
/// "What you lack is no longer in my log": the receiver is to fetch a snapshot, or the entries, from whoever has
/// them.
/// </summary>
/// <param name="From">The leader.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">Leader's term.</param>
/// <param name="First">First index that the leader's log still holds.</param>
/// <param name="Commit">Leader's commit index; a snapshot up to there is believed.</param>
/// <remarks>
/// Raft §7 has the leader push the snapshot. Here it says only that one is needed: the receiver pulls it from any
/// member.
/// </remarks>
public sealed record SnapshotRequired(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, LogIndex First, LogIndex Commit)
    : Message(From, FromIncarnation, To, Term);

/// <summary>
/// "I lead", with a round number by which reads and check-quorum know fresh answers from old ones.
/// </summary>
/// <param name="From">The leader.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Receiver.</param>
/// <param name="Term">Leader's term.</param>
/// <param name="Commit">Commit index as far as the receiver is known to match: min(commit, match).</param>
/// <param name="Round">Number of the heartbeat round; rises within a term.</param>
public sealed record HeartbeatRequest(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, LogIndex Commit, ulong Round)
    : Message(From, FromIncarnation, To, Term);

/// <summary>"Up to where must I have applied, to answer what my clients have asked me?"</summary>
/// <param name="From">Sender: a voter or learner that follows the receiver.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">Sender's term; the leader answers in its own term only.</param>
/// <param name="Kind"><see cref="ReadKind.Index"/> or <see cref="ReadKind.Lease"/>.</param>
/// <param name="Ticket">Echoed; covers all reads of the kind that the sender had taken in.</param>
/// <remarks>Raft dissertation §6.4.</remarks>
public sealed record ReadIndexRequest(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, ReadKind Kind, ulong Ticket)
    : Message(From, FromIncarnation, To, Term);

/// <summary>Answer to <see cref="ReadIndexRequest"/>, once the leader knows that it led after it was asked.</summary>
/// <param name="From">The leader.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">Who asked.</param>
/// <param name="Term">Leader's term.</param>
/// <param name="Kind">As asked.</param>
/// <param name="Ticket">As asked.</param>
/// <param name="Index">A committed index; who has applied it may answer.</param>
public sealed record ReadIndexResponse(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, ReadKind Kind, ulong Ticket, LogIndex Index)
    : Message(From, FromIncarnation, To, Term);

/// <summary>Answer to <see cref="HeartbeatRequest"/>.</summary>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Its incarnation.</param>
/// <param name="To">The leader.</param>
/// <param name="Term">Sender's term.</param>
/// <param name="Round">The round that is answered.</param>
/// <param name="LastIndex">
/// Last index of the sender's log, durable or not: lets the leader see what got lost.
/// </param>
public sealed record HeartbeatResponse(
    NodeId From, ulong FromIncarnation, NodeId To, Term Term, ulong Round, LogIndex LastIndex)
    : Message(From, FromIncarnation, To, Term);
