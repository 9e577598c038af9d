using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>
/// Messages between replicas as bytes, little-endian: crc32c u32 (of everything behind it), magic u16, version u8,
/// type u8, cluster id 16 bytes, incarnation u64, term u64, then four strings (length u8 + UTF-8: from, to, peer
/// address, client address), then the fields of the type. docs/wire-protocol.md holds the table.
/// </summary>
public static class PeerCodec
{
    /// <summary>First two bytes behind the crc: "Ch".</summary>
    public const ushort Magic = 0x6843;

    /// <summary>Version of this protocol; a message of another one is dropped.</summary>
    public const byte Version = 1;

    /// <summary>Most bytes of a header.</summary>
    public const int HeaderBytesMax = 2048;

    private const int FixedBytes = 40;

    /// <summary>Encodes a message of the core.</summary>
    /// <param name="envelope">
    /// Who speaks to whom; sender, receiver and incarnation must be those of the message.
    /// </param>
    /// <param name="message">What is said. The records of an <see cref="AppendRequest"/> are not encoded here.</param>
    /// <param name="into">At least <see cref="HeaderBytesMax"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(PeerEnvelope envelope, Message message, Span<byte> into)
    {
        var writer = new FieldWriter(into, FixedBytes);
        WriteNames(ref writer, envelope);
        PeerMessageType type = WriteFields(ref writer, message);
        return Seal(into[..writer.Position], envelope, type, message.Term);
    }

    /// <summary>
    /// Encodes a join or a request that is passed on, or the reply to one; the protobuf message is the second frame.
    /// </summary>
    /// <param name="envelope">Who speaks to whom.</param>
    /// <param name="type">One of the types that begin with "Forwarded".</param>
    /// <param name="correlation">Ties the reply to the request.</param>
    /// <param name="into">At least <see cref="HeaderBytesMax"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int EncodeForwarded(
        PeerEnvelope envelope, PeerMessageType type, ulong correlation, Span<byte> into)
    {
        var writer = new FieldWriter(into, FixedBytes);
        WriteNames(ref writer, envelope);
        writer.Number(correlation);
        return Seal(into[..writer.Position], envelope, type, Term.Zero);
    }

    /// <summary>
    /// Decodes and checks a message: crc, version, shape, and for entries every record and the chain between them.
    /// </summary>
    /// <param name="header">First frame, from anybody.</param>
    /// <param name="records">Second frame; empty when there is none.</param>
    /// <param name="message">The message when it is well-formed.</param>
    /// <param name="error">What is wrong otherwise.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> header, ReadOnlySpan<byte> records, out PeerMessage message,
        [NotNullWhen(false)] out string? error)
    {
        message = default;
        if (header.Length is < FixedBytes or > HeaderBytesMax)
            return Fails("not a message between replicas: wrong length", out error);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Crc32C.Compute(header[4..]))
            return Fails("not a message between replicas: wrong crc", out error);
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) != Magic)
            return Fails("not a message between replicas: wrong magic", out error);
        if (header[6] != Version)
            return Fails($"protocol version {header[6]}, this node speaks {Version}: upgrade the older one", out error);
        var type = (PeerMessageType)header[7];
        var clusterId = new Guid(header.Slice(8, 16));
        ulong incarnation = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        var term = new Term(BinaryPrimitives.ReadUInt64LittleEndian(header[32..]));
        var reader = new FieldReader(header, FixedBytes);
        string from = reader.Text(), to = reader.Text(), peerAddress = reader.Text(), clientAddress = reader.Text();
        if (reader.IsMalformed || !NodeId.IsValid(from) || !NodeId.IsValid(to))
            return Fails("not a message between replicas: malformed names", out error);
        var envelope = new PeerEnvelope(clusterId, new NodeId(from), incarnation, new NodeId(to), peerAddress,
            clientAddress);
        Message? body = null;
        ulong correlation = 0;
        if (IsForwarded(type))
            correlation = reader.Number();
        else
        {
            body = DecodeBody(envelope, type, term, ref reader, records, out error);
            if (error is not null)
                return false;
        }
        if (reader.IsMalformed || !reader.IsAtEnd || (body is null && correlation == 0))
            return Fails($"malformed fields of message type {(byte)type}", out error);
        message = new PeerMessage(envelope, type, body, correlation);
        error = null;
        return true;
    }

    private static PeerMessageType WriteFields(ref FieldWriter writer, Message message)
    {
        switch (message)
        {
            case PreVoteRequest m:
                return Put(ref writer, PeerMessageType.PreVoteRequest, m.LastIndex.Value, m.LastTerm.Value);
            case PreVoteResponse m:
                return Put(ref writer, PeerMessageType.PreVoteResponse, m.Granted ? 1u : 0u);
            case VoteRequest { ByTransfer: true } m:
                // A node that does not know of transfers drops the longer message, and the transfer comes to nothing.
                return Put(ref writer, PeerMessageType.VoteRequest, m.LastIndex.Value, m.LastTerm.Value, 1);
            case VoteRequest m:
                return Put(ref writer, PeerMessageType.VoteRequest, m.LastIndex.Value, m.LastTerm.Value);
            case VoteResponse m:
                return Put(ref writer, PeerMessageType.VoteResponse, m.Granted ? 1u : 0u);
            case AppendRequest m:
                return Put(
                    ref writer, PeerMessageType.AppendRequest, m.PreviousIndex.Value, m.PreviousTerm.Value,
                    m.Entries.Count, m.Commit.Value);
            case AppendAccepted m:
                return Put(ref writer, PeerMessageType.AppendAccepted, m.Match.Value);
            case AppendRejected m:
                return Put(
                    ref writer, PeerMessageType.AppendRejected, m.RejectedIndex.Value, m.ConflictTerm.Value,
                    m.ConflictFirst.Value);
            case SnapshotRequired m:
                return Put(ref writer, PeerMessageType.SnapshotRequired, m.First.Value, m.Commit.Value);
            case HeartbeatRequest m:
                return Put(ref writer, PeerMessageType.HeartbeatRequest, m.Commit.Value, m.Round);
            case HeartbeatResponse m:
                return Put(ref writer, PeerMessageType.HeartbeatResponse, m.Round, m.LastIndex.Value);
            case TimeoutNow:
                return Put(ref writer, PeerMessageType.TimeoutNow);
            case ReadIndexRequest m:
                return Put(ref writer, PeerMessageType.ReadIndexRequest, (ulong)m.Kind, m.Ticket);
            case ReadIndexResponse m:
                return Put(ref writer, PeerMessageType.ReadIndexResponse, (ulong)m.Kind, m.Ticket, m.Index.Value);
            default:
                throw new InvariantViolationException($"no encoding for {message.GetType().Name}");
        }
    }

    private static PeerMessageType Put(ref FieldWriter writer, PeerMessageType type, params ReadOnlySpan<ulong> fields)
    {
        foreach (ulong field in fields)
            writer.Number(field);
        return type;
    }

    private static bool IsForwarded(PeerMessageType type) => type
        is PeerMessageType.ForwardedJoin or PeerMessageType.ForwardedJoinReply
        or PeerMessageType.ForwardedRequest or PeerMessageType.ForwardedResponse;

    private static Message? DecodeBody(
        PeerEnvelope e, PeerMessageType type, Term term, ref FieldReader r, ReadOnlySpan<byte> records,
        out string? error)
    {
        error = null;
        switch (type)
        {
            case PeerMessageType.PreVoteRequest:
                return new PreVoteRequest(e.From, e.FromIncarnation, e.To, term, r.Index(), r.Term());
            case PeerMessageType.PreVoteResponse:
                return new PreVoteResponse(e.From, e.FromIncarnation, e.To, term, r.Number() != 0);
            case PeerMessageType.VoteRequest:
                return new VoteRequest(
                    e.From, e.FromIncarnation, e.To, term, r.Index(), r.Term(), !r.IsAtEnd && r.Number() != 0);
            case PeerMessageType.VoteResponse:
                return new VoteResponse(e.From, e.FromIncarnation, e.To, term, r.Number() != 0);
            case PeerMessageType.AppendRequest:
                LogIndex previous = r.Index();
                Term previousTerm = r.Term();
                ulong count = r.Number();
                LogIndex commit = r.Index();
                EntryRange? entries = RecordRange.TryRead(records, previous, count, out error);
                return entries is null
                    ? null
                    : new AppendRequest(e.From, e.FromIncarnation, e.To, term, previous, previousTerm, entries, commit);
            case PeerMessageType.AppendAccepted:
                return new AppendAccepted(e.From, e.FromIncarnation, e.To, term, r.Index());
            case PeerMessageType.AppendRejected:
                return new AppendRejected(e.From, e.FromIncarnation, e.To, term, r.Index(), r.Term(), r.Index());
            case PeerMessageType.SnapshotRequired:
                return new SnapshotRequired(e.From, e.FromIncarnation, e.To, term, r.Index(), r.Index());
            case PeerMessageType.HeartbeatRequest:
                return new HeartbeatRequest(e.From, e.FromIncarnation, e.To, term, r.Index(), r.Number());
            case PeerMessageType.HeartbeatResponse:
                return new HeartbeatResponse(e.From, e.FromIncarnation, e.To, term, r.Number(), r.Index());
            case PeerMessageType.TimeoutNow:
                return new TimeoutNow(e.From, e.FromIncarnation, e.To, term);
            case PeerMessageType.ReadIndexRequest:
                return new ReadIndexRequest(e.From, e.FromIncarnation, e.To, term, Kind(r.Number()), r.Number());
            case PeerMessageType.ReadIndexResponse:
                return new ReadIndexResponse(
                    e.From, e.FromIncarnation, e.To, term, Kind(r.Number()), r.Number(), r.Index());
            default:
                error = $"unknown message type {(byte)type}";
                return null;
        }
    }

    // A number that is none stays one that the core refuses.
    private static ReadKind Kind(ulong number) => (ReadKind)Math.Min(number, byte.MaxValue);

    private static void WriteNames(ref FieldWriter writer, PeerEnvelope envelope)
    {
        writer.Text(envelope.From.Value);
        writer.Text(envelope.To.Value);
        writer.Text(envelope.PeerAddress);
        writer.Text(envelope.ClientAddress);
    }

    private static int Seal(Span<byte> header, PeerEnvelope envelope, PeerMessageType type, Term term)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Magic);
        header[6] = Version;
        header[7] = (byte)type;
        Check.That(envelope.ClusterId.TryWriteBytes(header[8..]), "the header has room for the cluster id");
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], envelope.FromIncarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], term.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(header, Crc32C.Compute(header[4..]));
        return header.Length;
    }

    private static bool Fails(string why, out string error)
    {
        error = why;
        return false;
    }
}
