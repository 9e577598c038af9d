using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.Replica;

namespace Chorus.Tests.Snapshots;

/// <summary>A state is restored while its snapshot still comes.</summary>
public sealed class StateInstallationTests
{
    private readonly KvStateMachine _original = new();
    private readonly List<byte[]> _pieces = [];
    private readonly SnapshotInfo _info;

    public StateInstallationTests()
    {
        for (int i = 0; i < 2_000; i++)
            _original.Load(Encoding.UTF8.GetBytes($"key {i}"), new byte[i % 300]);
        using IStateSnapshot snapshot = _original.BeginSnapshot();
        SnapshotWork.TakeAll(snapshot, _pieces, bytesMax: 5_000);
        _info = SnapshotWork.Write(new MemoryStorage(), 9, [.. _pieces]);
    }

    [Fact]
    public void The_state_is_there_with_the_last_piece()
    {
        var machine = new KvStateMachine();
        using var installation = new StateInstallation(machine, _info.Header);
        Add(installation);
        installation.Complete(_info, _original.Digest);
        Assert.True(installation.TryTake(_info, out IStateMachine? taken));
        Assert.Same(machine, taken);
        Assert.Equal((_original.Digest, new LogIndex(9)), (machine.Digest, machine.RestoredIndex));
    }

    [Fact]
    public void A_state_of_another_snapshot_is_not_taken()
    {
        using var installation = new StateInstallation(new KvStateMachine(), _info.Header);
        Add(installation);
        Assert.False(installation.TryTake(_info, out _));
        installation.Complete(_info, _original.Digest);
        Assert.False(installation.TryTake(null, out _));
        Assert.False(installation.TryTake(_info with { LengthBytes = _info.LengthBytes + 1 }, out _));
        Assert.False(installation.TryTake(_info with { HeaderCrc = ~_info.HeaderCrc }, out _));
    }

    [Fact]
    public void What_makes_no_sense_is_no_state_and_holds_nobody_up()
    {
        using var installation = new StateInstallation(new KvStateMachine(), _info.Header);
        Add(installation);
        installation.Add(SnapshotSection.State, [1, 2, 3]);
        byte[] more = new byte[1 << 20];
        for (int i = 0; i < 40; i++)
            installation.Add(SnapshotSection.State, more);
        installation.Complete(_info, _original.Digest);
        Assert.False(installation.TryTake(_info, out _));
    }

    [Fact]
    public void Another_digest_is_no_state()
    {
        using var installation = new StateInstallation(new KvStateMachine(), _info.Header);
        Add(installation);
        installation.Complete(_info, _original.Digest + 1);
        Assert.False(installation.TryTake(_info, out _));
    }

    [Fact]
    public void What_is_given_up_ends()
    {
        var installation = new StateInstallation(new KvStateMachine(), _info.Header);
        Add(installation);
        installation.Dispose();
        Assert.False(installation.TryTake(_info, out _));
    }

    [Fact]
    public void What_is_restored_and_given_up_takes_no_memory()
    {
        var installation = new StateInstallation(new KvStateMachine(), _info.Header);
        Add(installation);
        installation.Complete(_info, _original.Digest);
        Assert.True(installation.TryTake(_info, out _));
        installation.Abandon();
        Assert.False(installation.TryTake(_info, out _));
    }

    [Fact]
    public void More_than_the_memory_of_the_machine_is_not_restored()
    {
        using var installation = new StateInstallation(new KvStateMachine(), _info.Header, bytesMax: 100_000);
        Add(installation);
        installation.Complete(_info, _original.Digest);
        Assert.False(installation.TryTake(_info, out _));
    }

    [Fact]
    public void Who_adds_waits_for_who_restores()
    {
        var machine = new SlowMachine();
        using var installation = new StateInstallation(machine, _info.Header);
        machine.Waiting = () => installation.WaitingBytes;
        byte[] piece = new byte[1 << 20];
        for (int i = 0; i < 60; i++)
            installation.Add(SnapshotSection.State, piece);
        installation.Complete(_info, 0);
        Assert.True(installation.TryTake(_info, out _));
        Assert.Equal(60, machine.Pieces);
        Assert.InRange(machine.MostWaiting, 1, 18 << 20);
    }

    private void Add(StateInstallation installation)
    {
        foreach (byte[] piece in _pieces)
            installation.Add(SnapshotSection.State, piece);
    }

    // Looks at its first piece how many others come meanwhile.
    private sealed class SlowMachine : EmptyMachine
    {
        public Func<long> Waiting { get; set; } = () => 0;

        public long MostWaiting { get; private set; }

        public int Pieces { get; private set; }

        public override void Restore(LogIndex index, SnapshotRestore snapshot)
        {
            while (snapshot.TryRead(out _))
            {
                // First until nobody may add any more, then for what is added all the same.
                SpinWait.SpinUntil(() => Pieces > 0 || Waiting() > 16 << 20);
                for (int i = 0; i < 100_000 && Pieces == 0 && MostWaiting < 20 << 20; i++)
                {
                    MostWaiting = Math.Max(MostWaiting, Waiting());
                    Thread.Yield();
                }
                Pieces++;
            }
        }
    }
}
