using System.Buffers;

namespace Chorus.Common.Replica;

/// <summary>Somebody who asked and to whom answers go. Made by the transport, used by the loop's thread only.</summary>
/// <param name="identity">The transport's name of the peer: for ZeroMQ the routing id.</param>
/// <param name="delimited">Whether the peer is a REQ socket, whose frames carry an empty delimiter.</param>
public sealed class ClientConnection(byte[] identity, bool delimited)
{
    /// <summary>The transport's name of the peer.</summary>
    public byte[] Identity { get; } = identity;

    /// <summary>Whether the peer is a REQ socket.</summary>
    public bool Delimited { get; } = delimited;

    /// <summary>Answers gathered in this round of the loop, flushed as one frame at its end.</summary>
    internal ArrayBufferWriter<byte> Output { get; } = new();

    /// <summary>Requests taken and not answered yet.</summary>
    public int Outstanding { get; internal set; }
}
