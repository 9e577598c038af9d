using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>One batch on its way to the disk. Reused: at most one is under way.</summary>
internal sealed class DiskBatch(SegmentWriter writer, HardStateFile hardState) : IDiskJob
{
    private volatile bool _finished;

    /// <summary>What to do, in order.</summary>
    public List<DiskOperation> Operations { get; } = [];

    /// <summary>Last record on disk behind this batch.</summary>
    public RecordHeader Last { get; set; }

    /// <summary>Hard states saved since the start, behind this batch.</summary>
    public long HardStates { get; set; }

    /// <summary>Bytes of records in it.</summary>
    public long Bytes { get; set; }

    /// <summary>Why it failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Whether it has ended; everything else is visible with it.</summary>
    public bool IsFinished => _finished;

    /// <summary>Empties the batch for the next one.</summary>
    public void Clear()
    {
        Operations.Clear();
        Bytes = 0;
        _finished = false;
    }

    /// <summary>Gives the memory back that it was written from.</summary>
    public void ReleaseMemory(MemoryTail tail)
    {
        foreach (DiskOperation operation in Operations)
        {
            if (operation.Chunk is not null)
                tail.Release(operation.Chunk);
        }
    }

    /// <inheritdoc/>
    public void Write()
    {
        foreach (ref readonly DiskOperation operation in
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(Operations))
        {
            if (operation.Kind != DiskOperationKind.HardState)
            {
                writer.Execute(operation);
                if (operation.Kind == DiskOperationKind.Start)
                    hardState.NoteSegment(operation.Segment!.Header.Sequence);
                continue;
            }
            if (Mutants.EntriesBeforeTerm)
                continue;
            // In order: what was queued before is durable before, and the hard state before what follows it.
            writer.Sync();
            hardState.Save(operation.State);
        }
        writer.Drain();
    }

    /// <inheritdoc/>
    public void Sync()
    {
        writer.Sync();
        if (Mutants.EntriesBeforeTerm)
        {
            foreach (DiskOperation operation in Operations)
            {
                if (operation.Kind == DiskOperationKind.HardState)
                    hardState.Save(operation.State, sync: false);
            }
        }
        _finished = true;
    }

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        _finished = true;
    }
}
