using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// Of a range of commands those that decide what stands under each key: the last that says so by itself, and whatever
/// relative ones stand behind it (compare-and-set, increment), for their effect is not in the log. The first pass finds
/// them, the second sends them; both go through the log in pieces, so that other streams go on meanwhile.
/// </summary>
internal sealed class CompactServing : Serving
{
    // What an entry of a dictionary of two numbers takes, twice: when it grows, the old one is still there.
    private const int LinkBytes = 2 * 32;

    private readonly string _id;
    private readonly LogReader _reader;
    private readonly LogIndex _first;
    private readonly LogIndex _until;
    private readonly int _chunkBytes;
    private readonly long _setBytes;
    private IndexSet? _winners;
    private KeyTable? _keys = new();
    // From a relative command to the one before it on the same key.
    private Dictionary<ulong, ulong>? _before = [];
    private byte[] _chunk;
    private int _used;
    private uint _count;
    private LogIndex _next;
    private LogIndex _sentUntil;

    /// <param name="id">Name of the source.</param>
    /// <param name="reader">Reads its log.</param>
    /// <param name="first">First index, not before what is kept.</param>
    /// <param name="until">Index behind the last one, which is there.</param>
    /// <param name="chunkBytes">Most bytes of a chunk.</param>
    public CompactServing(string id, LogReader reader, LogIndex first, LogIndex until, int chunkBytes)
    {
        _id = id;
        _reader = reader;
        _first = _next = _sentUntil = first;
        _until = until;
        _chunkBytes = chunkBytes;
        _chunk = new byte[chunkBytes];
        _setBytes = IndexSet.BytesFor(until - first);
    }

    public override LogIndex Position => _sentUntil;

    public override bool IsComplete => !IsFirstPass && _next == _until && _count == 0;

    public override LogIndex Pinned => IsFirstPass ? _first : _next;

    public override long HeldBytes =>
        _setBytes + _chunk.Length + (_keys?.HeldBytes ?? 0) + (_before?.Capacity ?? 0) * (long)LinkBytes;

    private bool IsFirstPass => _keys is not null;

    public override ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        StepBytes = 0;
        header = header with { First = _sentUntil, Until = _sentUntil };
        if (HeldBytes > heldBytesMax || _until - _first > int.MaxValue)
        {
            Refusal = Refusal.Overloaded(
                $"{_id} needs more than {heldBytesMax >> 20} MiB to compact {_until - _first} records",
                "Ask for the whole log instead, or for a shorter range");
            return ServingStep.Refused;
        }
        _winners ??= new IndexSet(_first, (int)(_until - _first));
        ServingStep step = IsFirstPass ? Find(extent) : Collect(extent);
        if (step == ServingStep.End)
            header = header with { First = _until, Until = _until };
        if (step == ServingStep.Chunk)
        {
            body = _chunk.AsSpan(0, _used);
            header = header with { Until = _next, Count = _count };
            _sentUntil = _next;
            (_used, _count) = (0, 0);
        }
        return step;
    }

    private ServingStep Find(LogExtent extent)
    {
        if (_next < _until && !TryReadFirstPass(extent))
            return ServingStep.Refused;
        if (_next == _until)
        {
            (_keys, _before) = (null, null);
            _next = _first;
        }
        return ServingStep.Working;
    }

    private bool TryReadFirstPass(LogExtent extent)
    {
        if (!TryRead(extent, out RecordReader records))
            return false;
        while (records.Read())
        {
            if (!TryReadCommand(records, out KvCommandView command))
                continue;
            ulong previous = _keys!.Set(command.Key, records.Header.Index.Value);
            if (previous != 0 && command.IsRelative)
                _before!.Add(records.Header.Index.Value, previous);
            else if (previous != 0)
                DropAll(previous);
            _winners!.Add(records.Header.Index);
        }
        return true;
    }

    // A command that needs none before it: what stood there goes, with all that it was built on.
    private void DropAll(ulong index)
    {
        while (true)
        {
            _winners!.Remove(new LogIndex(index));
            if (!_before!.Remove(index, out ulong previous))
                return;
            index = previous;
        }
    }

    private ServingStep Collect(LogExtent extent)
    {
        _next = _winners!.From(_next);
        if (_next == _until)
            return _count > 0 ? ServingStep.Chunk : ServingStep.End;
        LogIndex from = _next;
        if (!TryRead(extent, out RecordReader records))
            return ServingStep.Refused;
        while (records.Read())
        {
            if (!_winners.Contains(records.Header.Index))
                continue;
            if (!TryAdd(records))
            {
                // The rest is read again for the next chunk, from here on.
                _next = records.Header.Index;
                return ServingStep.Chunk;
            }
        }
        Check.That(_next > from, "a step gets further");
        return ServingStep.Working;
    }

    private bool TryRead(LogExtent extent, out RecordReader records)
    {
        records = default;
        ReadOnlySpan<byte> bytes = default;
        LogIndex from = _next;
        if (from >= extent.First)
            bytes = _reader.Read(extent, from, _until, _chunkBytes, out _next);
        if (bytes.IsEmpty)
        {
            Refusal = Refusal.NoLongerKept(_id, from, extent);
            return false;
        }
        StepBytes = bytes.Length;
        // The log reader has verified it.
        records = new RecordReader(bytes, from, verify: false);
        return true;
    }

    // Every command that a key-value state machine takes; others change nothing.
    private static bool TryReadCommand(in RecordReader records, out KvCommandView command)
    {
        command = default;
        return CommandPayload.TryRead(records.Header.Kind, records.Payload, out ReadOnlySpan<byte> payload)
            && KvCommandView.TryRead(payload, out command)
            && command.IsWrite;
    }

    private bool TryAdd(in RecordReader records)
    {
        int length = records.Header.RecordLength;
        if (_count > 0 && _used + length > _chunkBytes)
            return false;
        if (length > _chunk.Length)
            _chunk = new byte[length];
        records.Record.CopyTo(_chunk.AsSpan(_used));
        _used += length;
        _count++;
        return true;
    }
}
