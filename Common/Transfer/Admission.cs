using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Decides whether a request for a stream is served, and if not, why.</summary>
internal sealed class Admission(TransferSource source, LogReader reader, TransferServerOptions options)
{
    private const int ChunkBytesMin = 1;

    /// <summary>Makes what serves a request; null when it is refused.</summary>
    /// <exception cref="LogCorruptionException">The record before the first is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public Serving? Admit(in TransferHeader open, LogExtent? extent, out Refusal? refusal)
    {
        refusal = extent is null ? Refusal.Empty(source.Id) : Objection(open, extent);
        if (refusal is not null)
            return null;
        int chunkBytes = (int)Math.Clamp(open.Count, ChunkBytesMin, (uint)options.ChunkBytesMax);
        LogIndex until = open.Until == LogIndex.Zero ? extent!.Limit.Index.Next : open.Until;
        switch (open.Content)
        {
            case TransferContent.Image:
                return new ImageServing(source.Image!, open.Position, chunkBytes);
            case TransferContent.Snapshot:
                return Snapshot(open, extent!, chunkBytes, out refusal);
            case TransferContent.Compact:
                return new CompactServing(source.Id, reader, open.First, until, chunkBytes);
            default:
                refusal = Predecessor(open, extent!, out ulong chain);
                return refusal is null
                    ? new LogServing(source.Id, reader, open.First, until, chain, chunkBytes)
                    : null;
        }
    }

    private Refusal? Objection(in TransferHeader open, LogExtent extent)
    {
        if (open.ClusterId != Guid.Empty && open.ClusterId != extent.ClusterId)
            return Refusal.WrongCluster(source.Id, extent.ClusterId, open.ClusterId);
        switch (open.Content)
        {
            case TransferContent.Image:
                if (source.Image is null)
                    return Refusal.NotServed($"{source.Id} has no file of slots", "Ask for its log instead");
                if (open.Position < 0 || open.Position % source.Image.SlotBytes != 0)
                    return Refusal.BadRequest($"No slot of {source.Image.SlotBytes} bytes begins at {open.Position}");
                LogIndex next = source.Image.AppliedIndex.Next;
                return next < extent.First ? Refusal.NoLongerKept(source.Id, next, extent) : null;
            case TransferContent.Snapshot:
                return null;
            case TransferContent.Log or TransferContent.Compact:
                return Range(open, extent);
            default:
                return Refusal.NotServed(
                    $"{source.Id} knows no content of kind {(byte)open.Content}", "Ask for its log, or a newer Chorus");
        }
    }

    private SnapshotServing? Snapshot(
        in TransferHeader open, LogExtent extent, int chunkBytes, out Refusal? refusal)
    {
        refusal = null;
        if (source.Snapshots?.Newest is not { } newest)
        {
            refusal = Refusal.NotServed($"{source.Id} has no snapshot", "Ask for its log, or another replica");
            return null;
        }
        if (newest.Index < open.First)
            refusal = Refusal.SnapshotNotYetThere(source.Id, open.First, newest.Index, extent);
        else if (open.IsChainKnown && (newest.Index != open.First || newest.Header.Maker != open.Chain))
            refusal = Refusal.SnapshotNoLongerKept(source.Id, open.First, newest.Index, extent);
        else if (open.Position < 0 || open.Position > newest.LengthBytes || (open.Position > 0 && !open.IsChainKnown))
            refusal = Refusal.BadRequest($"Nobody can go on at offset {open.Position} of a snapshot");
        // This very one: another may be shown by now.
        return refusal is null
            ? new SnapshotServing(source.Storage, source.Snapshots, newest, open, chunkBytes)
            : null;
    }

    private Refusal? Range(in TransferHeader open, LogExtent extent)
    {
        LogIndex end = extent.Limit.Index.Next;
        if (open.First == LogIndex.Zero || (open.Until != LogIndex.Zero && open.Until < open.First))
            return Refusal.BadRequest($"There is no range from index {open.First} to {open.Until}");
        if (open.First < extent.First)
            return Refusal.NoLongerKept(source.Id, open.First, extent, source.Snapshots?.Newest?.Index ?? default);
        if (open.First > end)
            return Refusal.NotYetThere(source.Id, open.First, extent);
        return open.Content == TransferContent.Compact && open.Until > end
            ? Refusal.NotYetThere(source.Id, open.Until.Previous, extent)
            : null;
    }

    private Refusal? Predecessor(in TransferHeader open, LogExtent extent, out ulong chain)
    {
        chain = 0;
        LogIndex before = open.First.Previous;
        if (before > LogIndex.Zero)
        {
            if (reader.HeaderAt(extent, before) is not RecordHeader header)
                return Refusal.NoLongerKept(source.Id, open.First, extent);
            chain = header.Chain;
        }
        return open.IsChainKnown && open.Chain != chain
            ? Refusal.WrongChain(source.Id, before, extent)
            : null;
    }
}
