using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>What stands around every message between replicas.</summary>
/// <param name="ClusterId">Cluster of the sender; a message of another one is dropped.</param>
/// <param name="From">Sender.</param>
/// <param name="FromIncarnation">Incarnation of the sender's data directory.</param>
/// <param name="To">Receiver.</param>
/// <param name="PeerAddress">Where the sender's peer socket can be reached, <c>host:port</c>.</param>
/// <param name="ClientAddress">Where the sender's client socket can be reached, <c>host:port</c>.</param>
public sealed record PeerEnvelope(
    Guid ClusterId, NodeId From, ulong FromIncarnation, NodeId To, string PeerAddress, string ClientAddress);
