using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Replica;

/// <summary>Steps of writing a snapshot on its way to the disk, one at a time. Reused for all of them.</summary>
/// <param name="storage">The data directory.</param>
internal sealed class SnapshotWriteJob(IStorage storage) : DiskSteps
{
    private SnapshotWriter? _writer;

    /// <summary>What is being written, or was written last; null before the first.</summary>
    public SnapshotUnderWay? UnderWay { get; private set; }

    /// <summary>Prepares the first step.</summary>
    public void Begin(SnapshotHeader header)
    {
        UnderWay = new SnapshotUnderWay(header);
        Prepare(() =>
        {
            _writer?.Dispose();
            _writer = SnapshotWriter.Begin(storage, header);
        });
    }

    /// <summary>Prepares the step that adds a piece.</summary>
    /// <param name="section">What it belongs to.</param>
    /// <param name="piece">Not touched before the step has ended.</param>
    public void Add(SnapshotSection section, ArrayBufferWriter<byte> piece) => Prepare(() =>
    {
        // Longer than a piece may be are at most the sessions, and those are put together again.
        ReadOnlySpan<byte> rest = piece.WrittenSpan;
        while (rest.Length > 0)
        {
            int length = Math.Min(rest.Length, SnapshotFrame.PieceBytesMax);
            _writer!.Add(section, rest[..length]);
            rest = rest[length..];
        }
        UnderWay!.Note(_writer!.WrittenBytes);
    });

    /// <summary>Prepares the last step: the snapshot becomes durable, and files that it makes useless go.</summary>
    /// <param name="digest">Digest of its state.</param>
    /// <param name="kept">Newest first, those before it.</param>
    public void Finish(ulong digest, IReadOnlyList<SnapshotInfo> kept) => Prepare(() =>
    {
        SnapshotInfo finished = _writer!.Finish(digest);
        _writer.Dispose();
        _writer = null;
        SnapshotStore.RemoveUseless(storage, [finished, .. kept.Take(SnapshotStore.KeptCount - 1)]);
        UnderWay!.Finish(finished);
    });

    /// <summary>Prepares the step that throws away what was begun.</summary>
    public void Abandon()
    {
        // First: who has opened the file and does not see this has the right one.
        UnderWay?.Abandon();
        Prepare(() =>
        {
            _writer?.Dispose();
            _writer = null;
            if (storage.Exists(SnapshotNames.Temp))
                storage.Delete(SnapshotNames.Temp);
        });
    }

    /// <inheritdoc/>
    public override void Dispose() => _writer?.Dispose();
}
