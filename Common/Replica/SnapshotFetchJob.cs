using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;

namespace Chorus.Common.Replica;

/// <summary>Steps of bringing a fetched snapshot to the disk, one at a time. Reused for all of them.</summary>
/// <param name="storage">The data directory.</param>
/// <param name="makeState">
/// Makes a state to be restored while a snapshot comes, by its header; null, or its answer: none is.
/// </param>
internal sealed class SnapshotFetchJob(IStorage storage, Func<SnapshotHeader, IStateMachine?>? makeState = null)
    : DiskSteps
{
    private ArrivingFile? _file;
    private SnapshotReader? _reader;
    private volatile StateInstallation? _installation;
    private volatile bool _isStateGivenUp;
    private bool _isJudged;

    /// <summary>What <see cref="Verify"/> found; null before, and when it was damaged.</summary>
    public SnapshotInfo? Verified { get; private set; }

    /// <summary>Prepares the step that writes bytes.</summary>
    /// <param name="position">Where they belong; 0 begins a new file.</param>
    /// <param name="bytes">Not touched before the step has ended.</param>
    /// <param name="restores">Whether the state is restored meanwhile; asked where a new file begins.</param>
    public void Add(long position, ArrayBufferWriter<byte> bytes, bool restores = true)
    {
        if (position == 0)
            _isStateGivenUp = !restores;
        Prepare(() =>
        {
            if (position == 0)
                Renew();
            _file!.Write(position, bytes.WrittenSpan);
            // While the next bytes come: what is damaged is not fetched to its end, which is not far from the start.
            VerifyWhatIsThere();
        });
    }

    /// <summary>
    /// Restores no state from what comes: it may never be fetched to its end. At any time, by who prepares the steps.
    /// </summary>
    public void GiveUpState()
    {
        _isStateGivenUp = true;
        Interlocked.MemoryBarrier();
        _installation?.Abandon();
    }

    /// <summary>Prepares the step that makes the file durable and reads the rest of it.</summary>
    public void Verify() => Prepare(() =>
    {
        Verified = null;
        _file!.Sync();
        _reader ??= SnapshotReader.Open(storage, _file);
        Begin(_reader.Header);
        Verified = _reader.VerifyRest(_installation);
        CloseFile();
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

    /// <summary>What restores the state of the snapshot that was adopted: it is the caller's now. Null: nothing.
    /// </summary>
    public StateInstallation? TakeInstallation()
    {
        StateInstallation? taken = _installation;
        _installation = null;
        return taken;
    }

    /// <inheritdoc/>
    public override void Dispose() => Close();

    private void VerifyWhatIsThere()
    {
        if (_reader is null && !IsHeaderThere())
            return;
        _reader ??= SnapshotReader.Open(storage, _file!);
        Begin(_reader.Header);
        _reader.VerifyBefore(_file!.Length, _installation);
        _file.Forget(_reader.Position);
    }

    private bool IsHeaderThere()
    {
        Span<byte> start = stackalloc byte[SnapshotHeader.FixedBytes];
        return _file!.Read(0, start) == start.Length && _file.Length >= SnapshotHeader.LengthOf(start, out _);
    }

    private void Begin(SnapshotHeader header)
    {
        if (_isJudged)
            return;
        _isJudged = true;
        if (!_isStateGivenUp && makeState?.Invoke(header) is { } machine)
            _installation = new StateInstallation(machine, header);
        // Whoever gives it up at this moment sees it, or is seen.
        Interlocked.MemoryBarrier();
        if (_isStateGivenUp)
            _installation?.Abandon();
    }

    private void Close()
    {
        CloseFile();
        _installation?.Dispose();
        (_installation, _isJudged) = (null, false);
    }

    private void CloseFile()
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
        _file = new ArrivingFile(storage, SnapshotNames.Fetched);
    }
}
