using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Common.Transfer;

/// <summary>The single messages of Transfer, beside its streams.</summary>
public static class TransferRequests
{
    /// <summary>Asks a source what it has; the answer is read by <see cref="TryReadDescription"/>.</summary>
    /// <param name="transport">Sends.</param>
    /// <param name="address">Transfer address of the source.</param>
    /// <param name="clusterId">The cluster; empty for whichever the source belongs to.</param>
    /// <returns>False when it cannot be sent now.</returns>
    public static bool TrySendDescribe(ITransferClientTransport transport, string address, Guid clusterId)
    {
        Span<byte> frame = stackalloc byte[TransferHeader.SizeBytes];
        new TransferHeader { Type = TransferMessageType.Describe, ClusterId = clusterId }.Encode(frame);
        return transport.TrySend(address, frame, default);
    }

    /// <summary>Reads the answer of a source; false for every other message. Never throws.</summary>
    public static bool TryReadDescription(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, out LogDescription description)
    {
        description = null!;
        if (!TransferHeader.TryDecode(header, out TransferHeader message)
            || message.Type != TransferMessageType.Description)
            return false;
        try
        {
            description = LogDescription.Parser.ParseFrom(body);
            return description.ClusterId.Length == 16;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    /// <summary>Says how far an observer's record is durable. Not answered; said again with the next report.</summary>
    /// <param name="transport">Sends.</param>
    /// <param name="address">Transfer address of a replica.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="id">The observer.</param>
    /// <param name="incarnation">Of its data directory.</param>
    /// <param name="durable">Header of its last durable record.</param>
    /// <returns>False when it cannot be sent now.</returns>
    public static bool TrySendReport(
        ITransferClientTransport transport, string address, Guid clusterId, NodeId id, ulong incarnation,
        in RecordHeader durable)
    {
        Span<byte> frame = stackalloc byte[TransferHeader.SizeBytes];
        Span<byte> name = stackalloc byte[NodeId.LengthMax];
        new TransferHeader
        {
            Type = TransferMessageType.Report,
            ClusterId = clusterId,
            Stream = incarnation,
            First = durable.Index,
            Chain = durable.Chain,
            Position = durable.TimeMicros,
        }.Encode(frame);
        return transport.TrySend(address, frame, name[..Encoding.ASCII.GetBytes(id.Value, name)]);
    }
}
