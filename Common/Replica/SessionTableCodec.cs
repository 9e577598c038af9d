using System.Buffers;
using System.Buffers.Binary;
using Chorus.Common.Protocol;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Bytes of a table of sessions, little-endian: format u32 (1), sessions u32, timeout i64; then each session in the
/// order of activity: id u64, index u64 and time i64 of its last activity, acknowledged below u64, answers u32; then
/// each of its answers by sequence: sequence u64, index u64, code u32, length u32, payload.
/// </summary>
internal static class SessionTableCodec
{
    private const uint Format = SnapshotReader.SessionsFormat;
    private const int HeadBytes = 16;
    private const int SessionBytes = 36;
    private const int AnswerBytes = 24;

    public static void Encode(SessionTable table, IBufferWriter<byte> output)
    {
        Span<byte> head = output.GetSpan(HeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(head, Format);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], table.Count);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], table.TimeoutMicros);
        output.Advance(HeadBytes);
        for (Session? session = table.Oldest; session is not null; session = session.Younger)
            Encode(session, output);
    }

    public static SessionTable Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new Reader(bytes);
        uint format = reader.UInt32();
        if (format != Format)
            throw new InvalidDataException($"sessions have format {format}, this version reads {Format}");
        uint count = reader.UInt32();
        var table = new SessionTable { TimeoutMicros = reader.Int64() };
        var last = LogIndex.Zero;
        for (uint i = 0; i < count; i++)
        {
            Session session = Decode(ref reader);
            if (session.ActivityIndex < last || !table.TryAdd(session))
                throw new InvalidDataException($"session {session.Id} stands where it does not belong");
            last = session.ActivityIndex;
        }
        if (!reader.IsAtEnd)
            throw new InvalidDataException("bytes are left behind the last session");
        return table;
    }

    private static void Encode(Session session, IBufferWriter<byte> output)
    {
        Span<byte> into = output.GetSpan(SessionBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(into, session.Id);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], session.ActivityIndex.Value);
        BinaryPrimitives.WriteInt64LittleEndian(into[16..], session.ActivityMicros);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], session.AcknowledgedBelow);
        BinaryPrimitives.WriteInt32LittleEndian(into[32..], session.Count);
        output.Advance(SessionBytes);
        for (int i = 0; i < session.Count; i++)
        {
            KeptAnswer answer = session.At(i);
            Check.That(answer.Payload is not null, "a table is written between two entries, when nothing is under way");
            into = output.GetSpan(AnswerBytes + answer.Payload!.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(into, answer.Sequence);
            BinaryPrimitives.WriteUInt64LittleEndian(into[8..], answer.Index.Value);
            BinaryPrimitives.WriteUInt32LittleEndian(into[16..], (uint)answer.Code);
            BinaryPrimitives.WriteInt32LittleEndian(into[20..], answer.Payload.Length);
            answer.Payload.CopyTo(into[AnswerBytes..]);
            output.Advance(AnswerBytes + answer.Payload.Length);
        }
    }

    private static Session Decode(ref Reader reader)
    {
        var session = new Session(reader.UInt64());
        var index = new LogIndex(reader.UInt64());
        long time = reader.Int64();
        session.Touch(index, time, reader.UInt64());
        uint answers = reader.UInt32();
        for (uint i = 0; i < answers; i++)
        {
            ulong sequence = reader.UInt64();
            var at = new LogIndex(reader.UInt64());
            var code = (Code)reader.UInt32();
            byte[] payload = reader.Bytes(reader.UInt32()).ToArray();
            if (sequence < session.AcknowledgedBelow || ~session.Find(sequence) != session.Count)
                throw new InvalidDataException($"session {session.Id}: answers do not stand by rising sequence");
            session.Insert(session.Count, new KeptAnswer(sequence, at, code, payload));
        }
        return session;
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsAtEnd => _rest.IsEmpty;

        public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(sizeof(uint)));

        public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(sizeof(ulong)));

        public long Int64() => (long)UInt64();

        public ReadOnlySpan<byte> Bytes(uint length)
        {
            if (length > (uint)_rest.Length)
                throw new InvalidDataException("the bytes of the sessions end too early");
            ReadOnlySpan<byte> taken = _rest[..(int)length];
            _rest = _rest[(int)length..];
            return taken;
        }
    }
}
