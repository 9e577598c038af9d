using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// What each node has told others, seen on the wire: votes, terms, acknowledgements. It must never break its word, not
/// even across a restart.
/// </summary>
/// <param name="loyalty">What the voters owe to leaders.</param>
internal sealed class Promises(Loyalty loyalty)
{
    private readonly Dictionary<(string Id, ulong Incarnation), ulong> _terms = [];
    private readonly Dictionary<(string Id, ulong Incarnation, ulong Term), string> _votes = [];

    /// <summary>A node takes a message from its socket.</summary>
    /// <param name="node">The receiver.</param>
    /// <param name="clock">The receiver's clock.</param>
    /// <param name="header">The message.</param>
    /// <param name="records">Its second frame.</param>
    public void Received(string node, IClock clock, byte[] header, byte[] records) =>
        loyalty.Received(node, clock, header, records);

    /// <summary>A node sends a message.</summary>
    /// <param name="node">Its core.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="header">The message as it leaves.</param>
    public void Sent(RaftNode node, IClock clock, byte[] header)
    {
        var type = (PeerMessageType)header[7];
        if (type is not (PeerMessageType.VoteRequest or PeerMessageType.VoteResponse or PeerMessageType.AppendAccepted
            or PeerMessageType.HeartbeatRequest or PeerMessageType.HeartbeatResponse))
        {
            return;
        }
        if (!PeerCodec.TryDecode(header, default, out PeerMessage decoded, out string? error))
            throw new Violation("messages are well-formed", error);
        Message message = decoded.Message!;
        loyalty.Sent(message.From.Value, clock, message);
        (string Id, ulong) sender = (message.From.Value, message.FromIncarnation);
        ulong term = message.Term.Value;
        _terms[sender] = Math.Max(term, _terms.GetValueOrDefault(sender));
        if (message is VoteRequest)
            Vote(message, message.From.Value);
        else if (message is VoteResponse { Granted: true })
            Vote(message, message.To.Value);
        else if (message is AppendAccepted accepted && term == node.Term.Value && accepted.Match > node.DurableIndex)
        {
            throw new Violation("acknowledged means durable",
                $"{message.From} acknowledges {accepted.Match} while {node.DurableIndex} is durable");
        }
    }

    /// <summary>A node has read its disk after a restart.</summary>
    public void Recovered(string id, ulong incarnation, HardState state, ulong lastLogTerm)
    {
        ulong promised = _terms.GetValueOrDefault((id, incarnation));
        if (state.Term.Value < promised)
            throw new Violation("the term survives", $"{id} spoke in term {promised} and is back in {state.Term}");
        if (lastLogTerm > state.Term.Value)
            throw new Violation("term first", $"{id} has an entry of term {lastLogTerm} and is in term {state.Term}");
        if (_votes.TryGetValue((id, incarnation, state.Term.Value), out string? vote) && vote != state.VotedFor.Value)
            throw new Violation("the vote survives",
                $"{id} voted for {vote} in {state.Term}, its disk says {state.VotedFor}");
    }

    private void Vote(Message message, string candidate)
    {
        (string, ulong, ulong) key = (message.From.Value, message.FromIncarnation, message.Term.Value);
        if (!_votes.TryAdd(key, candidate) && _votes[key] != candidate)
        {
            throw new Violation("one vote a term",
                $"{message.From} voted in term {message.Term} for {_votes[key]} and for {candidate}");
        }
    }
}
