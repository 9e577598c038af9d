using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Passes on to the leader what was asked of another member, and brings back the answers. Each question is passed on
/// once; where the answer is lost, the asker is told that nobody knows.
/// </summary>
internal sealed class Forwarding(RaftNode node, PeerLink link, IClock clock)
{
    // At the limit the oldest question is given up.
    private const int WaitingMax = 256;
    private const long PatienceMicros = 10_000_000;

    private readonly Queue<(ulong Correlation, long DeadlineMicros)> _order = new();
    private readonly Dictionary<ulong, Answered> _waiting = [];
    private ulong _lastCorrelation;

    /// <summary>Takes the answer to what was passed on; an empty one when none came.</summary>
    public delegate void Answered(ReadOnlySpan<byte> answer);

    /// <summary>Passes a question on; there must be a leader to pass it to.</summary>
    public void ToLeader(PeerMessageType type, ReadOnlySpan<byte> body, Answered answered)
    {
        if (_order.Count == WaitingMax)
            GiveUpOldest();
        ulong correlation = ++_lastCorrelation;
        _order.Enqueue((correlation, clock.MonotonicMicros + PatienceMicros));
        _waiting[correlation] = answered;
        link.SendForwarded(node.Leader, type, correlation, body);
    }

    /// <summary>Whether a message is a question, or the answer to one that was passed on.</summary>
    public bool Expects(in PeerMessage message) => !IsAnswer(message.Type) || _waiting.ContainsKey(message.Correlation);

    /// <summary>Takes an answer. False when the message is a question.</summary>
    public bool TryTakeAnswer(in PeerMessage message, ReadOnlySpan<byte> body)
    {
        if (!IsAnswer(message.Type))
            return false;
        if (_waiting.Remove(message.Correlation, out Answered? answered))
            answered(body);
        return true;
    }

    /// <summary>Answers a question that another member passed on.</summary>
    public void Answer(in PeerMessage question, ReadOnlySpan<byte> answer)
    {
        PeerMessageType type = question.Type == PeerMessageType.ForwardedJoin
            ? PeerMessageType.ForwardedJoinReply
            : PeerMessageType.ForwardedResponse;
        link.SendForwarded(question.Envelope.From, type, question.Correlation, answer);
    }

    /// <summary>Gives up what nobody has answered in time.</summary>
    public void Expire()
    {
        while (_order.TryPeek(out var oldest) && oldest.DeadlineMicros <= clock.MonotonicMicros)
            GiveUpOldest();
    }

    private static bool IsAnswer(PeerMessageType type) =>
        type is PeerMessageType.ForwardedJoinReply or PeerMessageType.ForwardedResponse;

    private void GiveUpOldest()
    {
        if (_waiting.Remove(_order.Dequeue().Correlation, out Answered? answered))
            answered(default);
    }
}
