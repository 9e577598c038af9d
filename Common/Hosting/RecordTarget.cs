using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>Applies the commands among received records to a store.</summary>
/// <param name="store">Defers its digest meanwhile.</param>
/// <param name="image">The image that the store was loaded from; null: there was none.</param>
public sealed class RecordTarget(KvStateMachine store, SlotTarget? image = null) : IChunkTarget
{
    private readonly NothingWriter _nothing = new();

    /// <summary>Commands applied.</summary>
    public long Commands { get; private set; }

    /// <summary>Records received, those that are no commands included.</summary>
    public long Records { get; private set; }

    /// <summary>Bytes of all records.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public void Install(FetchedRecords chunk)
    {
        store.DefersDigest = true;
        ReadOnlySpan<byte> records = chunk.Bytes;
        Bytes += records.Length;
        if (records.Length == 0)
            return;
        var ahead = new Lookahead(store, records, RecordCodec.Header(records).Index);
        // Verified when they were received; only the lengths are of interest here.
        while (records.Length > 0)
        {
            RecordHeader header = RecordCodec.Header(records);
            ReadOnlySpan<byte> payload = records.Slice(RecordHeader.SizeBytes, header.PayloadLength);
            Records++;
            ahead.Step();
            if (CommandPayload.TryRead(header.Kind, payload, out ReadOnlySpan<byte> command))
            {
                Commands++;
                if (image?.Holds(header.Index, command) != true)
                    store.Apply(header.Index, header.TimeMicros, command, _nothing);
            }
            records = records[header.RecordLength..];
        }
    }

    /// <inheritdoc/>
    public void Settle() => store.DefersDigest = false;

    /// <summary>Takes answers that nobody waits for.</summary>
    private sealed class NothingWriter : IBufferWriter<byte>
    {
        private byte[] _scratch = new byte[4096];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => Scratch(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => Scratch(sizeHint);

        private byte[] Scratch(int size) =>
            size <= _scratch.Length ? _scratch : _scratch = new byte[size];
    }
}
