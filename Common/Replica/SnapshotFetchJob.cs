using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Replica;

/// <summary>Steps of bringing a fetched snapshot to the disk, one at a time. Reused for all of them.</summary>
/// <param name="storage">The data directory.</param>
internal sealed class SnapshotFetchJob(IStorage storage) : DiskSteps
{
    private IStorageFile? _file;

    /// <summary>What <see cref="Verify"/> found; null before, and when it was damaged.</summary>
    public SnapshotInfo? Verified { get; private set; }

    /// <summary>Prepares the step that writes bytes.</summary>
    /// <param name="position">Where they belong; 0 begins a new file.</param>
    /// <param name="bytes">Not touched before the step has ended.</param>
    public void Add(long position, ArrayBufferWriter<byte> bytes) => Prepare(() =>
    {
        if (position == 0)
            Renew();
        _file!.Write(position, bytes.WrittenSpan);
        // The disk gets a little at a time, without a flush: the log's own syncs do not wait behind much.
        _file.BeginWriteBack(position, bytes.WrittenCount);
    });

    /// <summary>Prepares the step that makes the file durable and reads all of it.</summary>
    public void Verify() => Prepare(() =>
    {
        Verified = null;
        _file ??= storage.Open(SnapshotNames.Fetched, writable: true);
        _file.Sync();
        _file.Dispose();
        _file = null;
        Verified = SnapshotReader.Verify(storage, SnapshotNames.Fetched);
    });

    /// <summary>Prepares the step that gives the file its name: from then on a start begins with it.</summary>
    public void Adopt() => Prepare(() =>
    {
        storage.Rename(SnapshotNames.Fetched, SnapshotNames.Of(Verified!.Index));
        storage.SyncDirectory();
    });

    /// <summary>Prepares the step that throws the file away.</summary>
    public void Abandon() => Prepare(() =>
    {
        _file?.Dispose();
        _file = null;
        if (storage.Exists(SnapshotNames.Fetched))
            storage.Delete(SnapshotNames.Fetched);
    });

    /// <inheritdoc/>
    public override void Dispose() => _file?.Dispose();

    private void Renew()
    {
        _file?.Dispose();
        if (storage.Exists(SnapshotNames.Fetched))
            storage.Delete(SnapshotNames.Fetched);
        _file = storage.Create(SnapshotNames.Fetched);
    }
}
