using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;
using Chorus.Common.Replica;

namespace Chorus.Common.Snapshots;

/// <summary>
/// Restores a state from a snapshot that is still coming, on a thread of its own: so that the state is there soon after
/// the last piece. A state machine that nobody applies to (trap 9): a start takes it, once the snapshot is the node's.
/// </summary>
/// <remarks>
/// Whoever verifies the pieces adds them, and waits while too many have not been restored. What goes wrong is no harm:
/// the start restores from the file then.
/// </remarks>
public sealed class StateInstallation : ISnapshotPieces, IDisposable
{
    private const long WaitingBytesMax = 16 << 20;

    private readonly object _gate = new(); // a Lock has no Wait
    private readonly Queue<Piece> _waiting = new();
    private readonly SnapshotHeader _header;
    private readonly Thread _thread;
    private readonly long _bytesMax;
    private IStateMachine? _machine;
    private Piece _current;
    private long _waitingBytes;
    private long _addedBytes;
    private SnapshotInfo? _verified;
    private ulong _digest;
    private bool _isAbandoned;
    private bool _hasEnded;

    /// <summary>Begins with nothing.</summary>
    /// <param name="machine">Nobody else uses it before <see cref="TryTake"/>.</param>
    /// <param name="header">What the snapshot is of.</param>
    /// <param name="bytesMax">Longest state that is restored; half of the memory that there is where 0.</param>
    public StateInstallation(IStateMachine machine, SnapshotHeader header, long bytesMax = 0)
    {
        (_machine, _header) = (machine, header);
        _bytesMax = bytesMax > 0 ? bytesMax : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        _thread = new Thread(Run) { Name = "restore", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    ulong ISnapshotPieces.Digest => _digest;

    /// <summary>Bytes that were added and are not restored yet.</summary>
    public long WaitingBytes => Volatile.Read(ref _waitingBytes);

    /// <summary>Adds the next piece; waits while many have not been restored yet.</summary>
    /// <param name="section">What it belongs to.</param>
    /// <param name="piece">Verified; copied.</param>
    public void Add(SnapshotSection section, ReadOnlySpan<byte> piece)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(piece.Length);
        piece.CopyTo(copy);
        lock (_gate)
        {
            while (_waitingBytes > WaitingBytesMax && !_hasEnded)
                Monitor.Wait(_gate);
            _addedBytes += piece.Length;
            // More than any state that this machine can hold: nobody has judged yet what is sent.
            if (_addedBytes > _bytesMax)
                Abandon();
            if (_hasEnded || _isAbandoned)
                return;
            _waiting.Enqueue(new Piece(section, copy, piece.Length));
            _waitingBytes += piece.Length;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>All pieces were added, and belong to a whole snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="digest">Digest of its state.</param>
    public void Complete(SnapshotInfo snapshot, ulong digest)
    {
        lock (_gate)
        {
            (_verified, _digest) = (snapshot, digest);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The state, once it is there; waits for it.</summary>
    /// <param name="snapshot">The snapshot that it must be of.</param>
    /// <param name="machine">It is the caller's now.</param>
    /// <returns>False where it could not be made, or is of another snapshot.</returns>
    public bool TryTake(SnapshotInfo? snapshot, [NotNullWhen(true)] out IStateMachine? machine)
    {
        bool isSame = _verified is { } one && snapshot is not null && one.HeaderCrc == snapshot.HeaderCrc
            && one.LengthBytes == snapshot.LengthBytes;
        if (isSame)
            _thread.Join();
        machine = isSame ? _machine : null;
        return machine is not null;
    }

    /// <summary>Gives up what was not taken, and lets go of its memory soon. Any thread.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isAbandoned = true;
            if (_hasEnded)
                _machine = null;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Gives up what is not finished, and waits for the thread.</summary>
    public void Dispose()
    {
        Abandon();
        _thread.Join();
    }

    /// <inheritdoc/>
    bool ISnapshotPieces.TryRead(out SnapshotSection section, out ReadOnlySpan<byte> piece)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && _verified is null && !_isAbandoned)
                Monitor.Wait(_gate);
            if (_isAbandoned)
                throw new OperationCanceledException("the snapshot is not fetched to its end");
            if (_current.Bytes is { } used)
                ArrayPool<byte>.Shared.Return(used);
            bool any = _waiting.TryDequeue(out _current);
            section = _current.Section;
            piece = _current.Bytes.AsSpan(0, _current.Length);
            _waitingBytes -= piece.Length;
            Monitor.PulseAll(_gate);
            return any;
        }
    }

    /// <inheritdoc/>
    LogCorruptionException ISnapshotPieces.Damage(string what) => new(what);

    private readonly record struct Piece(SnapshotSection Section, byte[]? Bytes, int Length);

    private void Run()
    {
        Background.EnterThread();
        try
        {
            _machine!.Restore(_header.Index, new SnapshotRestore(this));
        }
#pragma warning disable CA1031 // the start restores from the file then, and says what is wrong
        catch (Exception)
#pragma warning restore CA1031
        {
            _machine = null;
        }
        lock (_gate)
        {
            _hasEnded = true;
            if (_isAbandoned)
                _machine = null;
            _waiting.Clear();
            Monitor.PulseAll(_gate);
        }
    }
}
