using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>A decoded message between replicas: of the core, or a join passed on.</summary>
/// <param name="Envelope">Who speaks to whom.</param>
/// <param name="Type">Which kind it is.</param>
/// <param name="Message">The core's message; null for a join passed on.</param>
/// <param name="Correlation">For a join passed on: ties the reply to the request.</param>
public readonly record struct PeerMessage(
    PeerEnvelope Envelope, PeerMessageType Type, Message? Message, ulong Correlation);
