using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>A replica that is far behind fetches what is committed from the others.</summary>
public sealed class CatchUpTests : IDisposable
{
    private const int Entries = 1_000;

    private readonly CatchUpNode _node = new(Entries);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_replica_far_behind_fetches_from_a_follower_and_tells_its_leader()
    {
        FakeSource follower = _node.Add("c");
        FakeSource leader = _node.Add("a");
        FakeSource observer = _node.Add("o");
        Begin();
        Caught();
        Assert.True(follower.Opened > 0);
        Assert.Equal((0, 0), (leader.Opened, observer.Opened));
        _node.RunUntil(() => _node.Acknowledged == _node.Log.LastIndex.Value, "the leader hears of it");
        Assert.Equal(_node.Log.LastIndex, _node.Replica.AppliedIndex);
        Assert.Equal(_node.Records.ChainAt(_node.Log.LastIndex), _node.Log.LastChain);
        Assert.Equal((long)_node.Log.LastIndex.Value - 1, _node.Counters.CatchUpRecords);
    }

    [Fact]
    public void A_replica_that_is_near_its_leader_fetches_nothing()
    {
        FakeSource follower = _node.Add("c");
        _node.Hear(1, 2, commit: 51);
        _node.Run(3_000);
        Assert.Equal(0, follower.Opened);
    }

    [Fact]
    public void A_lag_that_the_leader_closes_by_itself_is_left_to_it()
    {
        FakeSource follower = _node.Add("c");
        for (ulong next = 1; next <= 900; next += 50)
        {
            _node.Hear(next, next + 50, commit: 1_000);
            _node.Run(20);
        }
        Assert.Equal(0, follower.Opened);
    }

    [Theory]
    [InlineData(TransferRefusal.NoLongerKept)]
    [InlineData(TransferRefusal.Overloaded)]
    [InlineData(TransferRefusal.WrongCluster)]
    public void A_source_that_refuses_is_left_for_another(TransferRefusal refusal)
    {
        FakeSource refusing = _node.Add("c");
        refusing.Refusal = refusal;
        _node.Add("d");
        Begin();
        Caught();
        Assert.InRange(refusing.Opened, 0, 2);
    }

    [Fact]
    public void When_nobody_else_has_it_the_leader_is_asked_after_the_observer()
    {
        _node.Add("c").Refusal = TransferRefusal.NoLongerKept;
        _node.Add("d").Refusal = TransferRefusal.NoLongerKept;
        FakeSource observer = _node.Add("o");
        observer.Refusal = TransferRefusal.NoLongerKept;
        FakeSource leader = _node.Add("a");
        Begin();
        Caught();
        Assert.True(leader.Opened > 0 && observer.Opened > 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Who_has_just_joined_and_knows_no_configuration_asks_the_leader_last(ulong seed)
    {
        using var joining = new CatchUpNode(
            Entries, CatchUpNode.Options with { Seed = seed, KnownSources = ["a:14000", "c:14000"] });
        FakeSource leader = joining.Add("a");
        FakeSource follower = joining.Add("c");
        joining.Hear(1, 1, commit: Entries);
        joining.RunUntil(() => follower.ChunksSent + leader.ChunksSent > 0, "somebody is asked");
        Assert.Equal(0, leader.Opened);
    }

    [Fact]
    public void A_source_that_dies_in_the_middle_is_followed_by_the_next_one()
    {
        FakeSource dying = _node.Add("c");
        dying.DiesAfterChunks = 5;
        FakeSource other = _node.Add("d");
        other.DiesAfterChunks = 9;
        FakeSource last = _node.Add("o");
        Begin();
        Caught();
        Assert.Equal((5, 9), (dying.ChunksSent, other.ChunksSent));
        Assert.True(last.ChunksSent > 0);
        Assert.True(_node.Counters.CatchUpFailures >= 2);
    }

    [Fact]
    public void What_a_source_falsifies_is_not_taken()
    {
        FakeSource liar = _node.Add("c");
        liar.Falsify = (count, header, body) =>
        {
            if (count == 3)
                body[^1] ^= 1;
            return (header, body);
        };
        _node.Add("d");
        Begin();
        Caught();
        Assert.Equal(_node.Records.ChainAt(_node.Log.LastIndex), _node.Log.LastChain);
    }

    [Fact]
    public void Another_log_is_refused_by_its_first_chain()
    {
        _node.Add("c", CatchUpNode.Committed(Entries, "other"));
        _node.Hear(1, 3, commit: Entries);
        _node.Run(5_000);
        Assert.Equal(2ul, _node.Log.LastIndex.Value);
        Assert.True(_node.Counters.CatchUpFailures > 0);
    }

    [Fact]
    public void A_source_that_has_nothing_new_is_left_for_another()
    {
        FakeSource behind = _node.Add("c", CatchUpNode.Committed(200));
        FakeSource other = _node.Add("d");
        Begin();
        Caught();
        Assert.True(other.Opened > 0);
        Assert.InRange(behind.Opened, 0, 3);
    }

    [Fact]
    public void What_the_leader_brings_meanwhile_is_not_appended_twice()
    {
        _node.Add("c").Slowness = 20;
        Begin();
        _node.RunUntil(() => _node.Log.LastIndex.Value > 20, "the first records come");
        for (ulong next = 2; next < 400; next += 7)
        {
            if (next <= _node.Log.LastIndex.Value)
                _node.Hear(next, next + 7, commit: Entries);
            _node.Run(3);
        }
        Caught();
        Assert.Equal(_node.Records.ChainAt(_node.Log.LastIndex), _node.Log.LastChain);
    }

    [Fact]
    public void An_uncommitted_end_of_the_log_is_repaired_by_the_leader_and_not_by_what_is_fetched()
    {
        FakeSource follower = _node.Add("c");
        FakeLog stale = CatchUpNode.Committed(10, "stale");
        _node.Hear(1, 6, commit: 1, stale);
        _node.Hear(2, 2, commit: Entries, term: 2);
        _node.Run(3_000);
        Assert.Equal(0, follower.ChunksSent);
        Assert.Equal(5ul, _node.Log.LastIndex.Value);
        Assert.Equal(1ul, _node.Replica.Node.Commit.Value);
    }

    [Fact]
    public void A_round_takes_only_its_share_and_asks_to_be_called_again()
    {
        _node.Add("c");
        Begin();
        _node.RunUntil(() => _node.Counters.CatchUpRecords > 0, "the first records come");
        long before = _node.Counters.CatchUpBytes;
        _node.Work();
        Assert.InRange(_node.Counters.CatchUpBytes - before, 1, 5_000);
        Assert.True(_node.Replica.NextWorkMicros <= 1_000_000 + 60_000_000);
    }

    [Fact]
    public void A_replica_far_behind_whose_sources_are_all_gone_goes_on_with_its_leader()
    {
        Begin();
        _node.Run(2_000);
        _node.Hear(2, 500, commit: Entries);
        _node.Hear(500, Entries + 1, commit: Entries);
        _node.RunUntil(() => _node.Acknowledged == Entries, "everything is there and acknowledged");
    }

    [Fact]
    public void While_the_own_disk_hangs_little_is_fetched_and_nobody_is_blamed()
    {
        var disk = new SlowDisk();
        using var node = new CatchUpNode(
            Entries, CatchUpNode.Options with { CatchUpPendingBytesMax = 5_000 }, disk);
        FakeSource follower = node.Add("c");
        disk.Work();
        node.Hear(1, 2, commit: Entries);
        node.RunUntil(() => node.Counters.CatchUpRecords > 0, "the first records come");
        node.Run(10_000);
        Assert.InRange(node.Log.PendingBytes, 5_000, 7_000);
        Assert.Equal((1, 0), (follower.Opened, node.Counters.CatchUpFailures));
        disk.Hangs = false;
        disk.Work();
        node.RunUntil(() => node.Log.DurableIndex.Value >= Entries - 50, "it goes on when the disk does");
        Assert.Equal(1, follower.Opened);
    }

    /// <summary>The leader brings the first record and names a commit index far away.</summary>
    private void Begin() => _node.Hear(1, 2, commit: Entries);

    private void Caught() =>
        _node.RunUntil(() => _node.Log.LastIndex.Value >= Entries - 50, "it is near the leader");

    private sealed class SlowDisk : IDiskExecutor
    {
        private readonly Queue<IDiskJob> _jobs = new();

        public bool Hangs { get; set; } = true;

        public void Post(IDiskJob job)
        {
            _jobs.Enqueue(job);
            if (!Hangs)
                Work();
        }

        public void Work()
        {
            while (_jobs.TryDequeue(out IDiskJob? job))
                DiskWork.Run(job);
        }
    }
}
