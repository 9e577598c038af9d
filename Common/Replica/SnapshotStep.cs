using System.Buffers;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>What the thread that applies does for a snapshot, a little between two batches.</summary>
/// <remarks>
/// The loop sets what is wanted and takes what came of it while nothing is being applied; the applying thread calls
/// <see cref="Run"/>. Where the loop itself applies, both are the same.
/// </remarks>
/// <param name="state">What is replicated.</param>
/// <param name="pieceBytes">About how long a piece becomes.</param>
internal sealed class SnapshotStep(ReplicatedState state, int pieceBytes)
{
    // What waits is copied as it stands, so a longer piece of it holds nobody up for more than a millisecond.
    private const int PressedPieces = 8;

    private IStateSnapshot? _snapshot;

    /// <summary>Whether a snapshot is to be begun; set by the loop.</summary>
    public bool IsBeginWanted { get; set; }

    /// <summary>Whether what was begun is to be given up; set by the loop.</summary>
    public bool IsEndWanted { get; set; }

    /// <summary>Where the next piece goes; set by the loop, null: nowhere yet.</summary>
    public ArrayBufferWriter<byte>? Piece { get; set; }

    /// <summary>Whether <see cref="Run"/> has something to do.</summary>
    public bool IsDue => IsBeginWanted || (_snapshot is not null && (IsEndWanted || (Piece is not null && !IsFilled)));

    /// <summary>Whether a snapshot is under way: <see cref="Index"/> and <see cref="Digest"/> are known.</summary>
    public bool IsBegun => _snapshot is not null;

    /// <summary>Whether <see cref="Piece"/> holds what is to be written; reset by the loop.</summary>
    public bool IsFilled { get; set; }

    /// <summary>Whether the last piece has been handed out; reset by the next snapshot.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the snapshot is lost: too much has changed too fast.</summary>
    public bool IsLost { get; private set; }

    /// <summary>
    /// Whether the next piece is to follow at once, and to be longer (<see cref="IStateSnapshot.IsPressed"/>).
    /// </summary>
    public bool IsPressed { get; private set; }

    /// <summary>The index of the snapshot.</summary>
    public LogIndex Index { get; private set; }

    /// <summary>Digest of the state there.</summary>
    public ulong Digest { get; private set; }

    /// <summary>The sessions of clients there, encoded: as much a part of the state (trap 21).</summary>
    public ArrayBufferWriter<byte> Sessions { get; } = new();

    /// <summary>Does one step.</summary>
    /// <param name="applied">Last index applied.</param>
    public void Run(LogIndex applied)
    {
        if (IsBeginWanted)
            Begin(applied);
        else if (_snapshot is { } snapshot)
            GoOn(snapshot);
    }

    /// <summary>Lets the state machine go.</summary>
    public void End()
    {
        _snapshot?.Dispose();
        _snapshot = null;
        IsEndWanted = false;
    }

    private void Begin(LogIndex applied)
    {
        IsBeginWanted = false;
        IsComplete = IsLost = IsFilled = IsPressed = false;
        _snapshot = state.Machine.BeginSnapshot();
        if (_snapshot is null)
            return;
        (Index, Digest) = (applied, _snapshot.Digest);
        Sessions.ResetWrittenCount();
        if (!Mutants.SessionsOutsideSnapshot)
            state.Sessions.Encode(Sessions);
    }

    private void GoOn(IStateSnapshot snapshot)
    {
        if (IsEndWanted)
        {
            End();
            return;
        }
        if (Piece is not { } piece || IsFilled)
            return;
        IsLost = snapshot.IsLost;
        IsComplete = IsLost || !snapshot.TryWrite(piece, IsPressed ? PressedPieces * pieceBytes : pieceBytes);
        IsFilled = piece.WrittenCount > 0 || IsComplete;
        IsPressed = snapshot.IsPressed;
        if (IsComplete)
            End();
    }
}
