using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.DiskStorage;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>What the applying thread does for a snapshot.</summary>
public sealed class SnapshotStepTests
{
    private const int PieceBytes = 100_000;

    private readonly KvStateMachine _machine = new(new KvStateMachineOptions { SnapshotDisplacedBytesMax = 4_000_000 });
    private readonly ArrayBufferWriter<byte> _piece = new();
    private readonly SnapshotStep _step;

    public SnapshotStepTests()
    {
        Overwrite(0, 60_000, 'v');
        _step = new SnapshotStep(new ReplicatedState(_machine, new ManualClock()), PieceBytes) { IsBeginWanted = true };
        _step.Run(new LogIndex(60_000));
    }

    [Fact]
    public void When_much_waits_the_pieces_become_longer_so_that_a_fast_writer_does_not_lose_the_snapshot()
    {
        Assert.InRange(Next(), PieceBytes, 2 * PieceBytes);
        Assert.False(_step.IsPressed);
        // 3.4 of 4 MB wait, and more comes than pieces of the usual length would take away.
        Overwrite(0, 30_000, 'w');
        Next();
        Assert.True(_step.IsPressed);
        Assert.True(Next() > 3 * PieceBytes);
        for (int key = 30_000; key < 60_000; key += 2_000)
        {
            Overwrite(key, key + 2_000, 'w');
            Next();
            Assert.False(_step.IsLost);
        }
    }

    private int Next()
    {
        _piece.ResetWrittenCount();
        (_step.Piece, _step.IsFilled) = (_piece, false);
        _step.Run(new LogIndex(120_000));
        return _piece.WrittenCount;
    }

    private void Overwrite(int from, int until, char value)
    {
        var answer = new ArrayBufferWriter<byte>();
        for (int key = from; key < until; key++)
            _machine.Apply(new LogIndex(1), 0, SlotWork.Set($"{key}", new string(value, 100)), answer);
    }
}
