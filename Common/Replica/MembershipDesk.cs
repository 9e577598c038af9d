using Chorus.Common.Protocol;
using Chorus.Raft;
using Microsoft.Extensions.Logging;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>Decides on requests to change the members; on the leader.</summary>
internal sealed class MembershipDesk(
    ReplicaOptions options, RaftNode node, PendingChanges changes, ILogger logger)
{
    private const string TryAgain = "Try again";

    // At the limit the request is refused; those that wait are answered within an election timeout or so.
    private const int PostponedMax = 64;

    private static readonly OperatorAnswer Replaced = new(
        Code.OutcomeUnknown, "the leader was replaced before the change was committed",
        "See Client members list, then ask again");

    private readonly MemberChanges _rules = new(options, node);

    // A leader that has just been elected knows neither what is committed nor who answers: over in a round trip or,
    // where a member is down, in an election timeout.
    private readonly List<Action> _postponed = [];

    // Joint configurations that are committed, and who is to be told when they are left.
    private readonly List<Action<OperatorAnswer>> _leaving = [];

    /// <summary>Adds a node as a learner or an observer, or finds that it is a member already.</summary>
    /// <param name="wanted">The node as it describes itself: a learner or an observer.</param>
    /// <param name="done">Called once, at once or when the change is committed.</param>
    public void Add(Member wanted, Action<OperatorAnswer> done)
    {
        // What a member that lags behind knows of the others is no reason to turn a node away for good.
        if (node.Role != Role.Leader)
        {
            done(OperatorAnswer.NotLeader);
            return;
        }
        Configuration current = node.Configuration.Target;
        Member? known = current.Find(wanted.Id);
        if (known is not null && known.Incarnation != 0 && known.Incarnation != wanted.Incarnation)
        {
            done(new OperatorAnswer(
                Code.BadRequest,
                $"{wanted.Id} is a member with another data directory: the one that asks was wiped or is new, and "
                    + "cannot know what the old one promised",
                known.Kind == MemberKind.Observer
                    ? $"Remove the old one (Client members remove {wanted.Id}), then start this one again with -join"
                    : $"Replace the old one (Client members replace {wanted.Id}), then start this one again with "
                        + "-join"));
            return;
        }
        if (known is not null && (known.Kind == MemberKind.Observer) != (wanted.Kind == MemberKind.Observer))
        {
            string kind = known.Kind == MemberKind.Observer ? "an observer" : "a replica";
            done(new OperatorAnswer(
                Code.BadRequest, $"{wanted.Id} is a member already, as {kind}, and stays one",
                $"Choose another -id, or remove it first (Client members remove {wanted.Id})"));
            return;
        }
        Member? rival = current.Members.FirstOrDefault(m => m.Id != wanted.Id && m.PeerAddress == wanted.PeerAddress);
        if (rival is not null)
        {
            done(new OperatorAnswer(
                Code.BadRequest, $"{rival.Id} is a member at the same address {wanted.PeerAddress}",
                "Choose another port with -raft"));
            return;
        }
        if (known is null && current.Members.Count >= Configuration.MembersMax)
        {
            done(new OperatorAnswer(
                Code.BadRequest, $"the cluster has {Configuration.MembersMax} members, the most that it may have",
                "Remove one first (Client members remove ID)"));
            return;
        }
        Member next = known is null ? wanted : wanted with { Kind = KindOf(known, wanted), IsHeld = known.IsHeld };
        if (next == known)
        {
            WhenCommitted(new OperatorAnswer(Code.Ok), done);
            return;
        }
        if (Postpones(() => Add(wanted, done), done))
            return;
        if (Propose(current.With(next), done))
            logger.MemberJoins(options.Id, wanted.Id.Value, next.Kind, node.LastIndex);
    }

    /// <summary>
    /// Puts a request off that a leader cannot judge yet, because it has only just been elected: it would take
    /// for lost who has not had the time to answer.
    /// </summary>
    /// <param name="change">What is called again, later.</param>
    /// <param name="done">Called at once if too many wait.</param>
    /// <returns>Whether the request is taken care of.</returns>
    public bool Postpones(Action change, Action<OperatorAnswer> done)
    {
        if (!IsNewLeader)
            return false;
        if (_postponed.Count < PostponedMax)
            _postponed.Add(change);
        else
            done(new OperatorAnswer(Code.Refused, "the leader has only just been elected", TryAgain));
        return true;
    }

    /// <summary>Makes changes of the members, all of them at once or none.</summary>
    /// <param name="asked">What is wanted.</param>
    /// <param name="done">Called once, at once or when the change is carried through.</param>
    public void Change(IReadOnlyCollection<MemberChange> asked, Action<OperatorAnswer> done)
    {
        if (_rules.Apply(asked, out Configuration next) is { } refusal)
        {
            WhenCommitted(refusal, done);
            return;
        }
        if (node.Configuration.Members.SequenceEqual(next.Members) && !node.Configuration.IsJoint)
            WhenCommitted(Done(), done);
        else if (Propose(next, done))
            logger.MembersChange(options.Id, next.ToString(), node.LastIndex);
    }

    /// <summary>
    /// Whether a change would take the vote from this leader: then another one has to lead first, who makes the change.
    /// </summary>
    /// <param name="asked">What is wanted.</param>
    /// <param name="successor">A voter that would remain; none when no such one answers.</param>
    public bool NeedsOtherLeader(IReadOnlyCollection<MemberChange> asked, out NodeId successor)
    {
        successor = NodeId.None;
        if (node.Role != Role.Leader || _rules.Apply(asked, out Configuration next) is not null
            || next.IsTargetVoter(node.Self))
            return false;
        LogIndex most = LogIndex.Zero;
        foreach (PeerStatus peer in node.Peers)
        {
            bool mayLead = peer.RecentlyActive && next.IsTargetVoter(peer.Id)
                && node.Configuration.IsTargetVoter(peer.Id);
            if (!mayLead || peer.Match < most)
                continue;
            (most, successor) = (peer.Match, peer.Id);
        }
        return true;
    }

    /// <summary>Goes on with what waits; called once a round.</summary>
    public void Work()
    {
        if (_postponed.Count > 0 && !IsNewLeader)
        {
            Action[] postponed = [.. _postponed];
            _postponed.Clear();
            foreach (Action change in postponed)
                change();
        }
        if (_leaving.Count == 0 || (node.Role == Role.Leader && node.Configuration.IsJoint))
            return;
        Action<OperatorAnswer>[] leaving = [.. _leaving];
        _leaving.Clear();
        foreach (Action<OperatorAnswer> done in leaving)
            WhenCommitted(Done(), done);
    }

    /// <summary>
    /// Where a fixed start left a member's client address open, puts it into the configuration as soon as the member
    /// has said it, so that every node can name it. One change at a time; the leader calls this at every tick.
    /// </summary>
    public void CompleteAddresses(PeerLink link)
    {
        if (node.Role != Role.Leader || node.Configuration.IsJoint)
            return;
        foreach (Member member in node.Configuration.Members)
        {
            string address = member.ClientAddress.Length > 0 ? "" : link.ClientAddressOf(member.Id);
            if (address.Length == 0)
                continue;
            node.TryProposeConfiguration(node.Configuration.With(member with { ClientAddress = address }));
            return;
        }
    }

    /// <summary>
    /// Says what the present configuration says, but not before it is certain: it may still be rolled back.
    /// </summary>
    private void WhenCommitted(OperatorAnswer answer, Action<OperatorAnswer> done)
    {
        if (node.ConfigurationIndex <= node.Commit || node.TermAt(node.ConfigurationIndex) is not { } term)
            done(answer);
        else
            changes.Add(node.ConfigurationIndex, term, committed => done(committed ? answer : Replaced));
    }

    // Nobody knows what a data directory that takes a seat for the first time has forgotten: it begins as a learner.
    private static MemberKind KindOf(Member known, Member wanted) =>
        known.Incarnation == 0 ? wanted.Kind : known.Kind;

    private OperatorAnswer Done() => new(Code.Ok, Payload: node.Configuration.Target.ToString());

    private bool IsNewLeader =>
        node.Role == Role.Leader
        && (node.TermAt(node.Commit) != node.Term
            || node.Peers.Any(peer => peer.IsAwaited && node.Configuration.Find(peer.Id)?.Kind == MemberKind.Voter));

    private bool Propose(Configuration next, Action<OperatorAnswer> done)
    {
        ConfigurationProposal proposal = node.TryProposeConfiguration(next);
        if (proposal == ConfigurationProposal.Accepted)
        {
            changes.Add(node.ConfigurationIndex, node.Term, committed => Committed(committed, done));
            return true;
        }
        done(proposal switch
        {
            ConfigurationProposal.NotLeader => OperatorAnswer.NotLeader,
            ConfigurationProposal.TransferUnderWay => new(
                Code.Refused, "the leadership is being handed over", TryAgain),
            ConfigurationProposal.ChangeInFlight => new(
                Code.Refused, $"another change of the members is under way: {node.Configuration}",
                "Wait until it is done (Client members list), then ask again"),
            ConfigurationProposal.NoQuorum => NoQuorum(next),
            _ => new(
                Code.BadRequest, $"these members are not possible: {next}",
                "A cluster keeps its leader's vote, the kind of its observers, and 64 members at most"),
        });
        return false;
    }

    // Behind a joint configuration the change is certain, but only when it is left are those that go without a vote.
    private void Committed(bool committed, Action<OperatorAnswer> done)
    {
        if (!committed)
            done(Replaced);
        else if (node.Configuration.IsJoint)
            _leaving.Add(done);
        else
            WhenCommitted(Done(), done);
    }

    private OperatorAnswer NoQuorum(Configuration next)
    {
        string[] answering =
        [
            .. next.Voters.Where(id => id == node.Self
                || node.Peers.Any(peer => peer.Id == id && peer.RecentlyActive)).Select(id => id.Value),
        ];
        string silent = string.Join(", ", next.Voters.Select(id => id.Value).Except(answering));
        return new(
            Code.Refused,
            $"the cluster would be left without a quorum: of its voters {string.Join(", ", next.Voters)} then only "
                + $"{string.Join(", ", answering)} would answer",
            silent.Length > 0
                ? $"Start {silent} first, or remove or replace what is lost for good"
                : "A cluster needs one voter at least");
    }
}
