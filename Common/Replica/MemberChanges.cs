using Chorus.Common.Protocol;
using Chorus.Raft;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>
/// What a list of changes makes of a configuration, all of them together or none: the rules that can be told from the
/// configuration and from how far the members are.
/// </summary>
internal sealed class MemberChanges(ReplicaOptions options, RaftNode node)
{
    /// <summary>Most changes at once.</summary>
    public const int CountMax = Configuration.MembersMax;

    /// <summary>Applies changes in their order.</summary>
    /// <param name="asked">What is wanted.</param>
    /// <param name="next">The configuration that would follow.</param>
    /// <returns>Why not; null when all of it is possible.</returns>
    public OperatorAnswer? Apply(IReadOnlyCollection<MemberChange> asked, out Configuration next)
    {
        next = node.Configuration.Target;
        if (asked.Count is 0 or > CountMax)
        {
            return new(Code.BadRequest, $"a request names 1 to {CountMax} members, not {asked.Count}",
                "Name fewer at once");
        }
        foreach (MemberChange change in asked)
        {
            if (Apply(change, ref next) is { } refusal)
                return refusal;
        }
        return null;
    }

    private OperatorAnswer? Apply(MemberChange change, ref Configuration next)
    {
        if (!NodeId.IsValid(change.Id))
        {
            return new(Code.BadRequest, "a change names no valid node",
                "A name has 1 to 64 of A-Z a-z 0-9 . _ -; see Client members list");
        }
        var id = new NodeId(change.Id);
        Member? known = next.Find(id);
        if (change.Action == Action.Add)
            return Add(id, known, change.PeerAddress, ref next);
        if (known is null)
            return new(Code.NotFound, $"{id} is not a member; members are {next}", "Check the name");
        if (change.Action == Action.Remove)
        {
            next = next.Without(id);
            return null;
        }
        if (known.Kind == MemberKind.Observer)
        {
            return new(Code.BadRequest, $"{id} is an observer and stays one",
                $"If its data is lost, remove it (Client members remove {id}) and start it again with -join");
        }
        return change.Action switch
        {
            Action.Replace => Replace(known, ref next),
            Action.Promote => Put(Promoted(known), ref next),
            Action.Demote => Put(known with { Kind = MemberKind.Learner, IsHeld = true }, ref next),
            _ => new(Code.BadRequest, "the request wants a change that this version does not know",
                "Install the same version of Chorus everywhere"),
        };
    }

    private static OperatorAnswer? Put(Member member, ref Configuration next)
    {
        next = next.With(member);
        return null;
    }

    private static OperatorAnswer? Add(NodeId id, Member? known, string address, ref Configuration next)
    {
        if (!AddressText.IsReachable(address))
        {
            return new(Code.BadRequest, $"'{address}' is no address at which {id} could be reached",
                "Name host:port of its -raft");
        }
        if (known is { Kind: not MemberKind.Observer } && known.PeerAddress == address)
            return null;
        if (known is not null)
        {
            return new(Code.BadRequest, $"{id} is a member already, at {known.PeerAddress}",
                $"Choose another name; or, if its data is lost: Client members replace {id}");
        }
        if (next.Members.FirstOrDefault(member => member.PeerAddress == address) is { } rival)
        {
            return new(Code.BadRequest, $"{rival.Id} is a member at the same address {address}",
                "Name another address");
        }
        return Put(new Member(id, 0, MemberKind.Learner, address, ""), ref next);
    }

    /// <summary>
    /// Opens the seat: whichever data directory shows up next under the name takes it, as a learner. Who answers has
    /// its data, and so has no need of it.
    /// </summary>
    private OperatorAnswer? Replace(Member known, ref Configuration next)
    {
        bool answers = known.Id == node.Self
            || node.Peers.Any(peer => peer.Id == known.Id && peer.RecentlyActive);
        if (known.Incarnation == 0 && known.Kind == MemberKind.Learner)
            return null;
        if (answers)
        {
            return new(Code.Refused, $"{known.Id} answers, with the data directory that the cluster knows",
                $"Stop it first if it is to be replaced; to take its vote, use Client members demote {known.Id}");
        }
        return Put(known with { Incarnation = 0, Kind = MemberKind.Learner, IsHeld = false }, ref next);
    }

    // One that lags becomes a voter by itself as soon as it has caught up.
    private Member Promoted(Member known)
    {
        bool isReady = known.Incarnation != 0 && node.Peers.Any(peer => peer.Id == known.Id && HasCaughtUp(peer));
        return known with
        {
            IsHeld = false,
            Kind = known.Kind == MemberKind.Voter || isReady ? MemberKind.Voter : MemberKind.Learner,
        };
    }

    private bool HasCaughtUp(in PeerStatus peer) =>
        peer is { RecentlyActive: true, State: ProgressState.Replicate }
        && node.LastIndex.Value - peer.Match.Value <= options.Raft.PromotionLagEntries;
}
