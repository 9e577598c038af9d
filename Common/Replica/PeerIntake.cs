using Chorus.Common.Protocol;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// The door for messages from peers: what is malformed, foreign or misaddressed stays outside, counted, named once.
/// </summary>
/// <param name="options">Who this node is.</param>
/// <param name="forwarding">Whether an answer to what was passed on is expected.</param>
/// <param name="counters">Counts what is dropped.</param>
/// <param name="logger">Names each cause once.</param>
internal sealed class PeerIntake(
    ReplicaOptions options, Forwarding forwarding, ReplicaCounters counters, ILogger logger)
{
    private bool _saidMalformed;
    private bool _saidForeign;

    /// <summary>Decodes a message; false when it is dropped.</summary>
    public bool TryAccept(in PeerFrame frame, out PeerMessage message)
    {
        if (!PeerCodec.TryDecode(frame.Header, frame.Records, out message, out string? error))
        {
            counters.PeerFramesMalformed++;
            Say(ref _saidMalformed, error);
            return false;
        }
        PeerEnvelope envelope = message.Envelope;
        if (envelope.ClusterId != options.ClusterId)
        {
            counters.PeerFramesForeign++;
            Say(ref _saidForeign,
                $"{envelope.From} belongs to cluster {envelope.ClusterId}, this node to {options.ClusterId}: "
                + "correct the address by which it reaches this node");
            return false;
        }
        if (envelope.To != options.Id || envelope.From == options.Id)
        {
            counters.PeerFramesForeign++;
            Say(ref _saidForeign, $"it is from {envelope.From} to {envelope.To}, this node is {options.Id}: "
                + "two nodes use one address or one id");
            return false;
        }
        if (message.Message is null && !forwarding.Expects(message))
            return false;
        counters.PeerMessages++;
        return true;
    }

    private void Say(ref bool said, string why)
    {
        if (!said)
            logger.PeerFrameDropped(options.Id, why);
        said = true;
    }
}
