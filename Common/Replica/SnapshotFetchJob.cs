using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Replica;

/// <summary>Steps of bringing a fetched snapshot to the disk, one at a time. Reused for all of them.</summary>
/// <param name="storage">The data directory.</param>
internal sealed class SnapshotFetchJob(IStorage storage) : DiskSteps
{
    private IStorageFile? _file;
    private SnapshotReader? _reader;

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
        // While the next bytes come: what is damaged is not fetched to its end, and the end is not far from the start.
        VerifyBefore(position + bytes.WrittenCount);
    });

    /// <summary>Prepares the step that makes the file durable and reads the rest of it.</summary>
    public void Verify() => Prepare(() =>
    {
        Verified = null;
        _file ??= storage.Open(SnapshotNames.Fetched, writable: true);
        _file.Sync();
        _reader ??= SnapshotReader.Open(storage, SnapshotNames.Fetched);
        Verified = _reader.VerifyRest();
        Close();
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
        Close();
        if (storage.Exists(SnapshotNames.Fetched))
            storage.Delete(SnapshotNames.Fetched);
    });

    /// <inheritdoc/>
    public override void Dispose() => Close();

    private void VerifyBefore(long offset)
    {
        if (_reader is null && !IsHeaderBefore(offset))
            return;
        _reader ??= SnapshotReader.Open(storage, SnapshotNames.Fetched);
        _reader.VerifyBefore(offset);
    }

    private bool IsHeaderBefore(long offset)
    {
        if (offset < SnapshotHeader.FixedBytes)
            return false;
        Span<byte> start = stackalloc byte[SnapshotHeader.FixedBytes];
        _file!.Read(0, start);
        return offset >= SnapshotHeader.LengthOf(start, out _);
    }

    private void Close()
    {
        _file?.Dispose();
        _reader?.Dispose();
        (_file, _reader) = (null, null);
    }

    private void Renew()
    {
        Close();
        if (storage.Exists(SnapshotNames.Fetched))
            storage.Delete(SnapshotNames.Fetched);
        _file = storage.Create(SnapshotNames.Fetched);
    }
}
