using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Has the leadership handed over, and tells those who asked for it what came of it.</summary>
internal sealed class TransferDesk(ReplicaOptions options, RaftNode node, IClock clock)
{
    private readonly List<Action<OperatorAnswer>> _waiting = [];
    private long _endedAtMicros;

    /// <summary>Whether a transfer is under way, or over so lately that the next leader is not known yet.</summary>
    public bool IsUnderWay => !node.TransferTarget.IsNone || _waiting.Count > 0;

    // How long the next leader may take to make itself known.
    private long PatienceMicros => 2 * options.TickMicros * options.Raft.ElectionTimeoutTicks;

    /// <summary>Begins a transfer.</summary>
    /// <param name="target">Who is to lead; none: whoever has most of the log.</param>
    /// <param name="done">Called once, when somebody else leads or the transfer has come to nothing.</param>
    public void Begin(NodeId target, Action<OperatorAnswer> done)
    {
        TransferProposal proposal = node.TryTransferLeadership(target);
        if (proposal == TransferProposal.Accepted)
        {
            _endedAtMicros = 0;
            _waiting.Add(done);
            return;
        }
        done(proposal switch
        {
            TransferProposal.AlreadyLeads => new(Code.Ok, Payload: options.Id.Value),
            TransferProposal.UnderWay => new(
                Code.Refused, $"the leadership is being handed over to {node.TransferTarget}", "Try again in a second"),
            TransferProposal.NotVoter => new(
                Code.BadRequest, $"{target} is no voter; members are {node.Configuration}",
                "Name a voter, or nobody: then the voter with most of the log is taken"),
            TransferProposal.Silent => new(
                Code.Refused,
                target.IsNone ? "no other voter answers the leader" : $"{target} does not answer the leader",
                "Start it, see Client status, then try again"),
            _ => OperatorAnswer.NotLeader,
        });
    }

    /// <summary>Looks whether a transfer is over; called once a round.</summary>
    public void Work()
    {
        if (_waiting.Count == 0 || !node.TransferTarget.IsNone)
            return;
        if (_endedAtMicros == 0)
            _endedAtMicros = clock.MonotonicMicros;
        if (node.Role == Role.Leader)
        {
            End(new(
                Code.Refused, "the other node did not take the leadership over within an election timeout",
                "See in Client status how far it is, then try again or name another one"));
        }
        else if (!node.Leader.IsNone)
            End(new(Code.Ok, Payload: node.Leader.Value));
        else if (clock.MonotonicMicros - _endedAtMicros > PatienceMicros)
            End(new(Code.OutcomeUnknown, "this node leads no more, and nobody else does yet", "See Client status"));
    }

    private void End(OperatorAnswer answer)
    {
        Action<OperatorAnswer>[] waiting = [.. _waiting];
        _waiting.Clear();
        foreach (Action<OperatorAnswer> done in waiting)
            done(answer);
    }
}
