using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// Who answers a leader's heartbeat promises to elect nobody else for a while, by its own clock: leases stand on it
/// (trap 23). Seen on the wire alone, so that no node is believed.
/// </summary>
/// <param name="promisedMicros">How long a promise lasts at the least.</param>
internal sealed class Loyalty(long promisedMicros)
{
    private readonly Dictionary<string, Voter> _voters = [];

    /// <summary>A node takes a message from its socket.</summary>
    /// <param name="node">The receiver.</param>
    /// <param name="clock">The receiver's clock, which a restart does not set back.</param>
    /// <param name="header">The message.</param>
    /// <param name="records">Its second frame.</param>
    public void Received(string node, IClock clock, byte[] header, byte[] records)
    {
        if (TypeOf(header) is not (PeerMessageType.HeartbeatRequest or PeerMessageType.VoteRequest
            or PeerMessageType.AppendRequest))
            return;
        // What is not well-formed is the decoder's business.
        if (!PeerCodec.TryDecode(header, records, out PeerMessage decoded, out _))
            return;
        Voter voter = Of(node);
        // What is late comes out of order.
        if (decoded.Message is (HeartbeatRequest or AppendRequest)
            && decoded.Message.Term > voter.Led.GetValueOrDefault(decoded.Message.From))
            voter.Led[decoded.Message.From] = decoded.Message.Term;
        if (decoded.Message is HeartbeatRequest beat)
            voter.Asked = (beat.From, beat.Term, beat.Round, clock.MonotonicMicros);
        else if (decoded.Message is VoteRequest { ByTransfer: true } vote)
            voter.Released = (vote.From, vote.Term);
    }

    /// <summary>A node sends a message.</summary>
    /// <param name="node">The sender.</param>
    /// <param name="clock">Its clock.</param>
    /// <param name="message">The message.</param>
    public void Sent(string node, IClock clock, Message message)
    {
        Voter voter = Of(node);
        switch (message)
        {
            case HeartbeatResponse answer when voter.Asked is var (from, term, round, at)
                && from == answer.To && term == answer.Term && round == answer.Round:
                (voter.Leader, voter.Term, voter.HeardAt) = (from, term, at);
                break;
            case VoteResponse { Granted: true } vote when !voter.MayElect(vote.To, vote.Term)
                && clock.MonotonicMicros - voter.HeardAt < promisedMicros:
                throw new Violation("who heard a leader elects nobody else",
                    $"{node} answered {voter.Leader} at {voter.HeardAt} us and votes for {vote.To} in term {vote.Term} "
                    + $"at {clock.MonotonicMicros}, within {promisedMicros}");
        }
    }

    private static PeerMessageType TypeOf(byte[] header) => (PeerMessageType)header[7];

    private Voter Of(string node)
    {
        if (!_voters.TryGetValue(node, out Voter? voter))
            _voters[node] = voter = new Voter();
        return voter;
    }

    private sealed class Voter
    {
        public (NodeId From, Term Term, ulong Round, long AtMicros) Asked { get; set; }

        // The newest term in which each was heard as a leader. Answers leave later, many at once, and some never.
        public Dictionary<NodeId, Term> Led { get; } = [];

        public NodeId Leader { get; set; } = NodeId.None;

        public Term Term { get; set; }

        public long HeardAt { get; set; } = long.MinValue / 2;

        public (NodeId Candidate, Term Term) Released { get; set; }

        // The leader itself, who came after it (and was heard, though the answer may not have left), whom it sends.
        public bool MayElect(NodeId candidate, Term term) =>
            candidate == Leader || Led.GetValueOrDefault(candidate) > Term || Released == (candidate, term);
    }
}
