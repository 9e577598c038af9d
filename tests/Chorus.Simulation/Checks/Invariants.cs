using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// Raft's invariants over the whole cluster, looked at after every step of every node. Nodes that are down are
/// remembered as their disks were.
/// </summary>
/// <param name="loyalty">What the voters owe to leaders.</param>
internal sealed class Invariants(Loyalty loyalty)
{
    private readonly Dictionary<(ulong Index, ulong Term), ulong> _chains = [];
    private readonly Dictionary<ulong, string> _leaders = [];

    // The last life of every data directory, dead or alive, ordered: checks must not depend on hash order.
    private readonly SortedDictionary<(string Id, ulong Incarnation), NodeWatch> _watches = [];

    /// <summary>What has been committed.</summary>
    public CommittedLog Committed { get; } = new();

    /// <summary>What nodes have told each other.</summary>
    public Promises Promises { get; } = new(loyalty);

    /// <summary>Elections that somebody won.</summary>
    public int Elections => _leaders.Count;

    /// <summary>Entries dropped from a log, by all nodes.</summary>
    public long Dropped { get; private set; }

    /// <summary>Steps after which a leader held a lease.</summary>
    public long StepsWithLease { get; private set; }

    /// <summary>Holes in logs that were filled.</summary>
    public int Repaired { get; set; }

    /// <summary>Records that replicas have fetched because they were far behind.</summary>
    public long Fetched { get; set; }

    /// <summary>Snapshots that replicas have taken.</summary>
    public long Snapshots { get; set; }

    /// <summary>Of them, those taken because a member had to begin from one.</summary>
    public long SnapshotsForMembers { get; set; }

    /// <summary>Snapshots of others that replaced a log.</summary>
    public long Installed { get; set; }

    /// <summary>Starts from a snapshot.</summary>
    public long Restored { get; set; }

    /// <summary>Times that a log was cut.</summary>
    public long Cuts { get; set; }

    /// <summary>A process has recovered from its disk: it must still have whatever was durable.</summary>
    public void Started(NodeWatch watch, RecoveredState recovered)
    {
        watch.Mirror.Follow(watch.Log, (_, _) => { });
        ulong lastTerm = recovered.Log.Terms.Count == 0 ? 0 : recovered.Log.Terms[^1].Term.Value;
        Promises.Recovered(watch.Id, watch.Incarnation, recovered.HardState, lastTerm);
        if (_watches.TryGetValue((watch.Id, watch.Incarnation), out NodeWatch? before))
        {
            LogEntry durable = before.Mirror.At(before.Durable);
            bool isShorter = before.Durable > 0 && !IsReplaced(before, watch)
                && !watch.Mirror.Agrees(before.Durable, durable);
            if (watch.IsOfDamagedDisk && watch.Node.HasLostEntries)
                (watch.Owed, watch.OwedUntil) = before.Owed is null
                    ? (before.Mirror, before.Durable)
                    : (before.Owed, before.OwedUntil);
            else if (isShorter)
            {
                throw new Violation("durable survives",
                    $"{watch.Id} had {before.Durable} durable and comes back with {watch.Mirror.Last}");
            }
        }
        _watches[(watch.Id, watch.Incarnation)] = watch;
        AfterStep(watch);
    }

    /// <summary>
    /// A process sends a message. Whoever has lost what it acknowledged must have got back what is committed of it
    /// before it votes or campaigns.
    /// </summary>
    public void Spoke(NodeWatch watch, byte[] header)
    {
        if (watch.Owed is not { } owed || (PeerMessageType)header[7] is not (PeerMessageType.VoteRequest
            or PeerMessageType.VoteResponse or PeerMessageType.PreVoteRequest or PeerMessageType.PreVoteResponse)
            || !PeerCodec.TryDecode(header, default, out PeerMessage message, out _)
            || message.Message is VoteResponse { Granted: false } or PreVoteResponse { Granted: false })
            return;
        ulong index = Math.Min(watch.OwedUntil, Committed.Last);
        while (index > 0 && owed.At(index) != Committed.At(index))
            index--;
        if (index > 0 && !watch.Mirror.Agrees(index, Committed.At(index)))
            throw new Violation("no vote without what was acknowledged",
                $"{watch.Id} had entry {index} durable, has lost it, and sends {message.Message}");
    }

    /// <summary>A process has done a round of work.</summary>
    public void AfterStep(NodeWatch watch)
    {
        RaftNode node = watch.Node;
        watch.Mirror.Follow(watch.Log, (index, entry) => Drop(watch, index, entry));
        Require(node.Term.Value >= watch.Term, "the term never falls", watch, node.Term.Value);
        Require(node.Commit.Value >= watch.Commit, "the commit index never falls", watch, node.Commit.Value);
        Require(node.Commit.Value <= watch.Mirror.Last, "committed entries are there", watch, node.Commit.Value);
        Require(
            node.DurableIndex.Value <= watch.Mirror.Last, "durable entries are there", watch, node.DurableIndex.Value);
        Require(node.ConfigurationIndex.Value == watch.Mirror.LastConfiguration,
            "the last configuration of the log is active", watch, node.ConfigurationIndex.Value);
        watch.Durable = node.DurableIndex.Value;
        bool leads = node.Role == Role.Leader;
        Match(watch);
        if (leads)
            CheckLeader(watch, isNew: !watch.Led || node.Term.Value != watch.Term);
        if (node.Commit.Value > watch.Commit)
            CheckCommit(watch, leads && watch.Led && node.Term.Value == watch.Term);
        if (leads)
            CheckChanges(watch);
        watch.Configuration = node.Configuration;
        (watch.Term, watch.Commit, watch.Led) = (node.Term.Value, node.Commit.Value, leads);
    }

    /// <summary>
    /// Whether a snapshot has replaced a log that did not hold it: a committed one, which the log was wrong about or
    /// had not reached (trap 9).
    /// </summary>
    private bool IsReplaced(NodeWatch before, NodeWatch watch)
    {
        ulong index = watch.Mirror.Base;
        if (index == 0 || before.Mirror.Agrees(index, watch.Mirror.At(index)))
            return false;
        if (watch.Mirror.At(index) != Committed.At(index))
            throw new Violation("a snapshot is committed", $"{watch.Id} begins behind {index}, which is not committed");
        return true;
    }

    private void CheckLeader(NodeWatch watch, bool isNew)
    {
        ulong term = watch.Node.Term.Value;
        if (!_leaders.TryAdd(term, watch.Id) && _leaders[term] != watch.Id)
            throw new Violation("election safety", $"{_leaders[term]} and {watch.Id} both lead term {term}");
        if (isNew)
        {
            RequireComplete(watch, Committed.LastBefore(term));
            RequireNoLease(watch);
        }
        StepsWithLease += watch.HasLease ? 1 : 0;
        foreach (PeerStatus peer in watch.Node.Peers)
        {
            if (peer.Match > LogIndex.Zero && !MayHave(watch, peer))
                throw new Violation("what a leader counts is there",
                    $"{watch.Id} in term {term} counts on entry {peer.Match} at {peer.Id}, which does not have it");
        }
    }

    // Who is in a newer term may have dropped it since, and a damaged disk may have lost it.
    private bool MayHave(NodeWatch leader, in PeerStatus peer)
    {
        ulong incarnation = leader.Node.Configuration.Find(peer.Id)?.Incarnation ?? 0;
        ulong match = peer.Match.Value;
        // What its own log no longer has is committed.
        LogEntry entry = match < leader.Mirror.Base ? Committed.At(match) : leader.Mirror.At(match);
        foreach (((string id, ulong own), NodeWatch other) in _watches)
        {
            if (id == peer.Id.Value && (incarnation == 0 || incarnation == own)
                && (other.Node.Term > leader.Node.Term || other.IsOfDamagedDisk
                    || (other.Durable >= match && other.Mirror.Agrees(match, entry))))
                return true;
        }
        return false;
    }

    private void RequireNoLease(NodeWatch leader)
    {
        foreach (NodeWatch other in _watches.Values)
        {
            if (other != leader && other.Node.Term < leader.Node.Term && other.HasLease)
            {
                throw new Violation("nobody is elected during a lease",
                    $"{leader.Id} leads term {leader.Node.Term}, {other.Id} has a lease in term {other.Node.Term}");
            }
        }
    }

    private void CheckChanges(NodeWatch watch)
    {
        // Not by the leader's own commit index: after a restart it has forgotten how much was committed.
        int uncommitted = watch.Mirror.ConfigurationIndexes.Count(index => index > Committed.Last);
        Require(uncommitted <= 1, "one configuration change at a time", watch, (ulong)uncommitted);
    }

    private void CheckCommit(NodeWatch watch, bool asLeader)
    {
        RaftNode node = watch.Node;
        ulong commit = node.Commit.Value;
        ulong known = Math.Min(commit, Committed.Last);
        if (watch.Mirror.At(known) != Committed.At(known))
            throw new Violation("state machine safety", $"{watch.Id} commits another entry {known} than was committed");
        if (asLeader)
        {
            Require(watch.Mirror.At(commit).Term == node.Term.Value,
                "a leader commits through an entry of its own term", watch, commit);
        }
        if (commit <= Committed.Last)
            return;
        while (Committed.Last < commit)
            Committed.Add(watch.Mirror.At(Committed.Last + 1), node.Term.Value);
        // A change may have been appended behind the commit in the same step, so the members before it count as well.
        if (!IsOnQuorum(watch.Node.Configuration, commit) && !IsOnQuorum(watch.Configuration, commit))
        {
            throw new Violation("committed means durable on a quorum",
                $"{watch.Id} commits {commit} in term {node.Term} without a quorum of {node.Configuration}");
        }
        foreach (NodeWatch other in _watches.Values)
        {
            if (other.Led && other.Term > node.Term.Value)
                RequireComplete(other, commit);
        }
    }

    private void RequireComplete(NodeWatch leader, ulong index)
    {
        if (index > 0 && !leader.Mirror.Agrees(index, Committed.At(index)))
        {
            throw new Violation("leader completeness",
                $"{leader.Id} leads term {leader.Node.Term} without entry {index}, committed before");
        }
    }

    private bool IsOnQuorum(Configuration configuration, ulong index) =>
        IsOnMajority(configuration, index)
        && (configuration.Previous is not { } previous || IsOnMajority(previous, index));

    private bool IsOnMajority(Configuration configuration, ulong index)
    {
        int durable = 0;
        foreach (Chorus.Raft.Member member in configuration.Members)
            durable += member.Kind == MemberKind.Voter && IsDurableAt(member, index) ? 1 : 0;
        return durable > configuration.Voters.Count / 2;
    }

    private bool IsDurableAt(Chorus.Raft.Member member, ulong index)
    {
        foreach (((string id, ulong incarnation), NodeWatch watch) in _watches)
        {
            bool isMember = id == member.Id.Value && (member.Incarnation == 0 || member.Incarnation == incarnation);
            if (isMember && watch.Durable >= index && watch.Mirror.Agrees(index, Committed.At(index)))
                return true;
        }
        return false;
    }

    // Only what is durable: the only voter of a cluster may forget the rest in a crash, its term included, and nobody
    // has seen it.
    private void Match(NodeWatch watch)
    {
        for (; watch.Matched < watch.Durable; watch.Matched++)
        {
            ulong index = watch.Matched + 1;
            LogEntry entry = watch.Mirror.At(index);
            if (!_chains.TryAdd((index, entry.Term), entry.Chain) && _chains[(index, entry.Term)] != entry.Chain)
                throw new Violation("log matching",
                    $"{watch.Id} has another entry {index} of term {entry.Term} than others");
        }
    }

    private void Drop(NodeWatch watch, ulong index, LogEntry entry)
    {
        Dropped++;
        watch.Matched = Math.Min(watch.Matched, index - 1);
        if (index <= Committed.Last && Committed.At(index) == entry)
            throw new Violation("committed entries stay", $"{watch.Id} drops entry {index}, which is committed");
    }

    private static void Require(bool holds, string invariant, NodeWatch watch, ulong value)
    {
        if (!holds)
            throw new Violation(invariant,
                $"{watch.Id} in term {watch.Node.Term}: {value}, was {watch.Term}/{watch.Commit}");
    }
}
