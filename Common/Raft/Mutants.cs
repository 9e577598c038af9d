namespace Chorus.Raft;

/// <summary>
/// Deliberate breakages, one for each trap marked M that applies. Constants that are false in the product, so
/// the compiler removes them; switches in the simulation build, where the sweep must find every one of them.
/// </summary>
internal static class Mutants
{
#if CHORUS_SIMULATION
#pragma warning disable CA2211, CS0649 // switches that the simulator sets, once, before a run
    /// <summary>Trap 1: the vote is forgotten when a node steps down within the same term.</summary>
    public static bool VoteClearedInSameTerm;
    /// <summary>Trap 1: the answer to a vote request does not wait for the hard state.</summary>
    public static bool VoteBeforeDurable;
    /// <summary>Trap 2: a follower acknowledges entries that are not durable yet.</summary>
    public static bool FollowerAcksBeforeDurable;
    /// <summary>Trap 2: the leader counts itself before its own disk has the entry.</summary>
    public static bool LeaderCountsItselfEarly;
    /// <summary>Trap 3: recovery keeps only what was known to be committed.</summary>
    public static bool RecoverOnlyCommitted;
    /// <summary>Trap 4: entries reach the disk before the term that they belong to.</summary>
    public static bool EntriesBeforeTerm;
    /// <summary>Trap 6: recovery ends the log at a damaged record as if it were torn.</summary>
    public static bool DamageTakenForTorn;
    /// <summary>Trap 8: a node that has lost acknowledged entries votes and acknowledges.</summary>
    public static bool LossIgnored;
    /// <summary>Trap 9: a snapshot is put beside a log that does not hold it, and the log is kept.</summary>
    public static bool SnapshotKeepsSuffix;
    /// <summary>Trap 10: the members of a log that a snapshot has replaced stay in force.</summary>
    public static bool SnapshotKeepsConfiguration;
    /// <summary>Trap 21: a snapshot is written without the sessions of clients.</summary>
    public static bool SessionsOutsideSnapshot;
    /// <summary>Trap 11: entries of an earlier term are committed by counting.</summary>
    public static bool CommitOldTerms;
    /// <summary>Trap 12: every AppendEntries truncates behind its last entry.</summary>
    public static bool TruncateAlways;
    /// <summary>Trap 12: commit follows the leader beyond what this message proved to match.</summary>
    public static bool CommitBeyondMatch;
    /// <summary>Trap 13: acknowledgements of another term are counted.</summary>
    public static bool StaleAcksCounted;
    /// <summary>Trap 15: a configuration change starts while another is in flight.</summary>
    public static bool OverlappingChanges;
    /// <summary>Trap 15: a joint configuration is decided by the majority of its new half alone.</summary>
    public static bool JointByNewMajority;
    /// <summary>Trap 15: a joint configuration is left before it is committed.</summary>
    public static bool JointLeftEarly;
    /// <summary>Trap 16: a truncated configuration stays active.</summary>
    public static bool ConfigurationNotRolledBack;
    /// <summary>Trap 18: a wiped node is taken for its old self.</summary>
    public static bool IncarnationIgnored;
    /// <summary>Trap 18: the vote of a founder that nobody has pinned counts like any other.</summary>
    public static bool UnpinnedVotesCount;
    /// <summary>Trap 19: learners count for the quorum.</summary>
    public static bool LearnersCounted;
    /// <summary>Trap 19: observers count for the quorum, with what the leader itself has.</summary>
    public static bool ObserversCounted;
    /// <summary>Trap 24: the feed publishes what is appended, committed or not.</summary>
    public static bool FeedPublishesOnAppend;
    /// <summary>Trap 24: transfers send what is durable, committed or not.</summary>
    public static bool TransferBeforeCommit;
    /// <summary>Trap 24: heartbeats do not say how far the publisher is, so a last message lost stays lost.</summary>
    public static bool HeartbeatWithoutCommit;
    /// <summary>Trap 20: the applied index is written before the slots that it speaks of are durable.</summary>
    public static bool AppliedBeforeData;
    /// <summary>Trap 21: a checkpoint of slots is written without the sessions of clients.</summary>
    public static bool SlotsWithoutSessions;
    /// <summary>Trap 21: sessions expire by the clock of the machine that applies.</summary>
    public static bool SessionsExpireByClock;
    /// <summary>Trap 21: a command that was sent again is applied again.</summary>
    public static bool RepeatsApplied;
    /// <summary>Trap 22: reads are served by answers of a heartbeat round begun before the read.</summary>
    public static bool ReadByOldRound;
    /// <summary>Trap 22: reads are served before an entry of the current term is committed.</summary>
    public static bool ReadBeforeTermCommit;
    /// <summary>Trap 22: a follower serves reads by the answer to a question asked before them.</summary>
    public static bool FollowerReadByOldAnswer;
    /// <summary>Trap 22: a follower serves reads before it has applied what the leader named.</summary>
    public static bool FollowerReadBeforeApplied;
    /// <summary>Trap 23: the lease counts from when the answers arrived.</summary>
    public static bool LeaseFromReceipt;
    /// <summary>Trap 23: the lease goes on although the leadership is being handed over.</summary>
    public static bool LeaseSurvivesTransfer;
    /// <summary>Trap 23: the lease is checked by a clock that was read before the reads were taken in.</summary>
    public static bool LeaseNotCheckedAgain;
    /// <summary>Trap 23: a voter that restarts votes at once, whatever it promised before.</summary>
    public static bool PromiseLostAtRestart;
    /// <summary>Trap 23: a voter that knows a candidate's term votes, however lately it heard a leader.</summary>
    public static bool PromiseLostWithTerm;
    /// <summary>Trap 24: a follower of the feed takes a batch although records before it are missing.</summary>
    public static bool GapAccepted;
    /// <summary>Trap 24: a follower of the feed takes again what an older source repeats.</summary>
    public static bool FollowerRewinds;
    /// <summary>Trap 25: a follower of the feed takes messages of another cluster.</summary>
    public static bool FeedClusterIgnored;
    /// <summary>Trap 28: a logger gives up what a transfer under way still needs.</summary>
    public static bool PinsIgnored;
#pragma warning restore CA2211, CS0649
#else
    public const bool VoteClearedInSameTerm = false;
    public const bool VoteBeforeDurable = false;
    public const bool FollowerAcksBeforeDurable = false;
    public const bool LeaderCountsItselfEarly = false;
    public const bool RecoverOnlyCommitted = false;
    public const bool EntriesBeforeTerm = false;
    public const bool DamageTakenForTorn = false;
    public const bool LossIgnored = false;
    public const bool SnapshotKeepsSuffix = false;
    public const bool SnapshotKeepsConfiguration = false;
    public const bool SessionsOutsideSnapshot = false;
    public const bool CommitOldTerms = false;
    public const bool TruncateAlways = false;
    public const bool CommitBeyondMatch = false;
    public const bool StaleAcksCounted = false;
    public const bool OverlappingChanges = false;
    public const bool JointByNewMajority = false;
    public const bool JointLeftEarly = false;
    public const bool ConfigurationNotRolledBack = false;
    public const bool IncarnationIgnored = false;
    public const bool UnpinnedVotesCount = false;
    public const bool LearnersCounted = false;
    public const bool ObserversCounted = false;
    public const bool FeedPublishesOnAppend = false;
    public const bool TransferBeforeCommit = false;
    public const bool HeartbeatWithoutCommit = false;
    public const bool AppliedBeforeData = false;
    public const bool SlotsWithoutSessions = false;
    public const bool SessionsExpireByClock = false;
    public const bool RepeatsApplied = false;
    public const bool ReadByOldRound = false;
    public const bool ReadBeforeTermCommit = false;
    public const bool FollowerReadByOldAnswer = false;
    public const bool FollowerReadBeforeApplied = false;
    public const bool LeaseFromReceipt = false;
    public const bool LeaseSurvivesTransfer = false;
    public const bool LeaseNotCheckedAgain = false;
    public const bool PromiseLostAtRestart = false;
    public const bool PromiseLostWithTerm = false;
    public const bool GapAccepted = false;
    public const bool FollowerRewinds = false;
    public const bool FeedClusterIgnored = false;
    public const bool PinsIgnored = false;
#endif
}
