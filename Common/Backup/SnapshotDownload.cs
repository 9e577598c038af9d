using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Recovery;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>
/// Copies the newest snapshot of a cluster into a directory, from one source after another until one has it, and
/// verifies it before it gets its name. Used by one thread.
/// </summary>
/// <param name="transport">Connects to the sources.</param>
/// <param name="clock">Time.</param>
/// <param name="storage">The directory.</param>
/// <param name="clusterId">The cluster.</param>
/// <param name="atLeast">Index that the snapshot must have at least; not 0.</param>
public sealed class SnapshotDownload(
    ITransferClientTransport transport, IClock clock, IStorage storage, Guid clusterId, LogIndex atLeast) : IDisposable
{
    private readonly SnapshotStream _stream = new(transport);
    private readonly List<string> _refusals = [];
    private IStorageFile? _file;

    /// <summary>Whether the stream from the source that is asked has ended.</summary>
    private bool IsOver { get; set; }

    /// <summary>What the sources said that had none, a sentence each.</summary>
    public IReadOnlyList<string> Refusals => _refusals;

    /// <summary>Bytes received.</summary>
    public long Bytes => _stream.Position;

    /// <summary>Copies.</summary>
    /// <param name="pump">Waits for messages.</param>
    /// <param name="sources">Transfer addresses, in the order in which they are asked.</param>
    /// <returns>The snapshot; null where no source has one.</returns>
    /// <exception cref="LogCorruptionException">What a source sent is damaged.</exception>
    public SnapshotInfo? Run(Pump pump, IEnumerable<string> sources)
    {
        foreach (string source in sources)
        {
            IsOver = false;
            _stream.GoOn(source, clusterId, atLeast, clock.MonotonicMicros);
            pump.WorkUntil(() => IsOver, Work, () => _stream.NextWorkMicros);
            bool isComplete = _stream.State == TransferStreamState.Complete;
            _stream.Close();
            transport.Disconnect(source);
            if (isComplete)
                return Adopt();
        }
        return null;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file?.Dispose();

    private void Work()
    {
        while (!IsOver && transport.TryReceive(
            out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
        {
            if (_stream.TryAccept(address, header, body, clock.MonotonicMicros, out ReadOnlySpan<byte> piece)
                && !piece.IsEmpty)
            {
                Put(_stream.Position - piece.Length, piece);
                _stream.Release(clock.MonotonicMicros);
            }
            IsOver = _stream.State == TransferStreamState.Complete;
        }
        _stream.Poll(clock.MonotonicMicros);
        if (_stream.State is TransferStreamState.Refused or TransferStreamState.Silent or TransferStreamState.Untrue)
        {
            IsOver = true;
            _refusals.Add($"{_stream.Address}: {_stream.Reason}");
            // What somebody sent who is not to be believed is not gone on with.
            if (_stream.State == TransferStreamState.Untrue)
                _stream.Forget();
        }
    }

    private void Put(long position, ReadOnlySpan<byte> piece)
    {
        if (position == 0)
        {
            _file?.Dispose();
            if (storage.Exists(SnapshotNames.Fetched))
                storage.Delete(SnapshotNames.Fetched);
            _file = storage.Create(SnapshotNames.Fetched);
        }
        _file!.Write(position, piece);
    }

    private SnapshotInfo Adopt()
    {
        _file!.Sync();
        _file.Dispose();
        _file = null;
        SnapshotInfo found = SnapshotReader.Verify(storage, SnapshotNames.Fetched);
        if (found.Header.ClusterId != clusterId)
        {
            throw ChorusException.Failed(
                "wrong_cluster", $"a source sent a snapshot of cluster {found.Header.ClusterId}",
                "Name sources of one cluster");
        }
        string name = SnapshotNames.Of(found.Index);
        storage.Rename(SnapshotNames.Fetched, name);
        storage.SyncDirectory();
        return found with { Name = name };
    }
}
