using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>What no batch has taken yet, in order; appends that follow one another in a chunk are one entry.</summary>
internal sealed class PendingQueue
{
    private PendingOperation[] _operations = new PendingOperation[16];
    private int _head;

    /// <summary>Entries in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of records in it.</summary>
    public long Bytes { get; private set; }

    /// <summary>The oldest entry.</summary>
    public ref PendingOperation Peek() => ref _operations[_head];

    public void AddHardState(HardState state) =>
        Add(new PendingOperation { Kind = PendingKind.HardState, State = state });

    public void AddTruncate(in RecordHeader kept) =>
        Add(new PendingOperation { Kind = PendingKind.Truncate, Kept = kept });

    /// <summary>Queues a record that was just put into a chunk.</summary>
    public void AddAppend(TailChunk chunk, int start, int length)
    {
        Bytes += length;
        if (Count > 0)
        {
            ref PendingOperation last = ref _operations[(_head + Count - 1) % _operations.Length];
            if (last.Kind == PendingKind.Append && last.Chunk == chunk && last.Start + last.Length == start)
            {
                last.Length += length;
                last.LastStart = start;
                return;
            }
        }
        chunk.PendingWrites++;
        Add(new PendingOperation
        {
            Kind = PendingKind.Append,
            Chunk = chunk,
            Start = start,
            Length = length,
            LastStart = start,
        });
    }

    /// <summary>Takes bytes from the front of the oldest entry, an append.</summary>
    public void Shorten(int bytes)
    {
        ref PendingOperation first = ref Peek();
        first.Start += bytes;
        first.Length -= bytes;
        Bytes -= bytes;
    }

    /// <summary>Takes the oldest entry off.</summary>
    public void Remove()
    {
        Bytes -= Peek().Length;
        Peek() = default;
        _head = (_head + 1) % _operations.Length;
        Count--;
    }

    private void Add(in PendingOperation operation)
    {
        if (Count == _operations.Length)
        {
            var larger = new PendingOperation[Count * 2];
            for (int i = 0; i < Count; i++)
                larger[i] = _operations[(_head + i) % Count];
            _operations = larger;
            _head = 0;
        }
        _operations[(_head + Count) % _operations.Length] = operation;
        Count++;
    }
}
