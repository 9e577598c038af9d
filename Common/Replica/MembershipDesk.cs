using Chorus.Common.Protocol;
using Chorus.Raft;
using Microsoft.Extensions.Logging;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>Decides on requests to add or remove a member; on the leader.</summary>
internal sealed class MembershipDesk(
    ReplicaOptions options, RaftNode node, PendingChanges changes, ILogger logger)
{
    private const string TryAgain = "Try again";

    private static readonly OperatorAnswer Replaced =
        new(Code.OutcomeUnknown, "the leader was replaced before the change was committed", TryAgain);

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
        Configuration current = node.Configuration;
        Member? known = current.Find(wanted.Id);
        if (known is not null && known.Incarnation != 0 && known.Incarnation != wanted.Incarnation)
        {
            done(new OperatorAnswer(
                Code.BadRequest,
                $"{wanted.Id} is a member with another data directory: the one that asks was wiped or is new, and "
                    + "cannot know what the old one promised",
                $"Remove the old one (Client members remove {wanted.Id}), then start this one again with -join"));
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
        Member next = known is null || known.Incarnation == 0 ? wanted : wanted with { Kind = known.Kind };
        if (next == known)
        {
            WhenCommitted(new OperatorAnswer(Code.Ok), done);
            return;
        }
        if (Propose(current.With(next), done))
            logger.MemberJoins(options.Id, wanted.Id.Value, next.Kind, node.LastIndex);
    }

    /// <summary>Removes a member.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="done">Called once, at once or when the change is committed.</param>
    public void Remove(NodeId id, Action<OperatorAnswer> done)
    {
        Configuration current = node.Configuration;
        if (current.Find(id) is null)
        {
            WhenCommitted(
                new OperatorAnswer(Code.NotFound, $"{id} is not a member; members are {current}", "Check the name"),
                done);
            return;
        }
        if (id == node.Self && node.Role == Role.Leader)
        {
            done(new OperatorAnswer(
                Code.BadRequest, $"{id} leads the cluster and cannot be removed while it does",
                "Stop it, wait until another node leads (Client status), then remove it"));
            return;
        }
        if (Propose(current.Without(id), done))
            logger.MemberRemoved(options.Id, id.Value, node.LastIndex);
    }

    /// <summary>
    /// Where a fixed start left a member's client address open, puts it into the configuration as soon as the member
    /// has said it, so that every node can name it. One change at a time; the leader calls this at every tick.
    /// </summary>
    public void CompleteAddresses(PeerLink link)
    {
        if (node.Role != Role.Leader)
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

    private bool Propose(Configuration next, Action<OperatorAnswer> done)
    {
        switch (node.TryProposeConfiguration(next))
        {
            case ConfigurationProposal.Accepted:
                changes.Add(
                    node.ConfigurationIndex, node.Term,
                    committed => done(committed ? new OperatorAnswer(Code.Ok) : Replaced));
                return true;
            case ConfigurationProposal.NotLeader:
                done(OperatorAnswer.NotLeader);
                return false;
            case ConfigurationProposal.TransferUnderWay:
                done(new OperatorAnswer(Code.Refused, "the leadership is being handed over", TryAgain));
                return false;
            case ConfigurationProposal.ChangeInFlight:
                done(new OperatorAnswer(Code.Overloaded, "another change of the members is under way", TryAgain));
                return false;
            default:
                done(new OperatorAnswer(
                    Code.Overloaded,
                    "the change is not allowed now: too few of the voters that it would leave are answering",
                    "Try again when the others are up (Client status)"));
                return false;
        }
    }
}
