using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

/// <summary>A member that has to begin from a snapshot gets one of the present (decision 0023).</summary>
public sealed class NewerSnapshotTests
{
    private static readonly SnapshotOptions Options = new()
    {
        PieceBytes = 100,
        BytesPerSecond = 1 << 30,
        StaleBytes = 3_000,
        HurriedBytesPerSecond = 1 << 30,
    };

    // Of 100 bytes a second, a snapshot takes minutes.
    private static readonly SnapshotOptions Slow = Options with { BytesPerSecond = 100 };

    [Theory]
    [InlineData(4_000, true)]
    [InlineData(1_500, false)]
    public void Another_one_is_taken_where_much_log_has_come_behind_the_newest_one(long bytes, bool isTaken)
    {
        using SessionWorld world = WithSnapshot(Options);
        Write(world, bytes);
        Want(world);
        int taken = isTaken ? 1 : 0;
        Assert.Equal(isTaken, world.Log.LastIndex == world.Snapshots.Newest!.Index);
        Assert.Equal((taken, taken), (world.Replica.Counters.Snapshots, world.Replica.Counters.SnapshotsForMembers));
    }

    [Fact]
    public void Less_than_a_quarter_of_its_own_length_behind_it_is_little()
    {
        using SessionWorld world = WithSnapshot(Options);
        Write(world, 24_000);
        Want(world);
        Assert.InRange(world.Snapshots.Newest!.LengthBytes, 24_000, 30_000);
        Write(world, 5_000);
        Want(world);
        Assert.Equal(1, world.Replica.Counters.Snapshots);
        Write(world, 5_000);
        Want(world);
        Assert.Equal(2, world.Replica.Counters.Snapshots);
    }

    [Fact]
    public void The_one_under_way_is_finished_in_a_hurry_if_it_is_young()
    {
        using SessionWorld world = WithSnapshot(Slow, everyBytes: 5_000);
        BeginSlowly(world);
        long begin = world.Clock.MonotonicMicros;
        Want(world);
        Assert.InRange(world.Clock.MonotonicMicros - begin, 0, 1_000_000);
        Assert.Equal((1, 1), (world.Replica.Counters.Snapshots, world.Replica.Counters.SnapshotsForMembers));
    }

    [Fact]
    public void The_one_under_way_is_given_up_for_another_if_it_is_old()
    {
        using SessionWorld world = WithSnapshot(Slow, everyBytes: 5_000);
        BeginSlowly(world);
        Write(world, 4_000);
        Want(world);
        Assert.Equal(world.Log.LastIndex, world.Snapshots.Newest!.Index);
        Assert.Equal((1, 1), (world.Replica.Counters.Snapshots, world.Replica.Counters.SnapshotsForMembers));
    }

    [Fact]
    public void The_one_that_somebody_waits_for_is_shown_while_it_is_taken()
    {
        using SessionWorld world = WithSnapshot(Slow with { HurriedBytesPerSecond = 4_000 });
        Write(world, 4_000);
        Assert.Null(world.Snapshots.UnderWay);
        Assert.NotNull(world.Snapshots.TryWant());
        world.RunUntil(() => world.Snapshots.UnderWay is not null);
        SnapshotUnderWay one = world.Snapshots.UnderWay!;
        Assert.Equal(world.Log.LastIndex, one.Header.Index);
        world.RunUntil(() => !world.Snapshots.IsNewerWanted);
        Assert.Same(world.Snapshots.Newest, one.Finished);
        Assert.Equal(one.Finished!.LengthBytes, one.WrittenBytes);
        Assert.Null(world.Snapshots.UnderWay);
    }

    [Fact]
    public void The_one_that_is_old_is_not_shown_but_the_one_behind_it()
    {
        using SessionWorld world = WithSnapshot(Slow with { HurriedBytesPerSecond = 4_000 }, everyBytes: 5_000);
        BeginSlowly(world);
        LogIndex old = world.Log.LastIndex;
        Write(world, 4_000);
        Assert.NotNull(world.Snapshots.TryWant());
        world.RunUntil(() => world.Snapshots.UnderWay is not null);
        Assert.True(world.Snapshots.UnderWay!.Header.Index > old);
    }

    [Fact]
    public void One_that_is_sent_is_not_given_up_however_much_log_comes_behind_it()
    {
        using SessionWorld world = WithSnapshot(Slow with { HurriedBytesPerSecond = 2_000 }, everyBytes: 5_000);
        BeginSlowly(world);
        Assert.NotNull(world.Snapshots.TryWant());
        world.RunUntil(() => world.Snapshots.UnderWay is not null);
        SnapshotUnderWay one = world.Snapshots.UnderWay!;
        Write(world, 4_000);
        world.RunUntil(() => !world.Snapshots.IsNewerWanted);
        Assert.False(one.IsAbandoned);
        Assert.Same(world.Snapshots.Newest, one.Finished);
    }

    [Fact]
    public void One_that_fails_is_shown_no_more()
    {
        using SessionWorld world = WithSnapshot(Slow with { HurriedBytesPerSecond = 4_000 });
        Write(world, 4_000);
        Assert.NotNull(world.Snapshots.TryWant());
        world.RunUntil(() => world.Snapshots.UnderWay is not null);
        SnapshotUnderWay one = world.Snapshots.UnderWay!;
        world.Storage.CapacityBytes -= world.Storage.FreeBytes - 1_000;
        world.RunUntil(() => !world.Snapshots.IsNewerWanted);
        Assert.True(one.IsAbandoned);
        Assert.Null(world.Snapshots.UnderWay);
    }

    [Fact]
    public void Who_waits_too_long_gets_the_one_that_is_there()
    {
        using SessionWorld world = WithSnapshot(
            Slow with { PieceBytes = 1_000, HurriedBytesPerSecond = 4_000, NewerMicrosMax = 500_000 });
        Write(world, 4_000);
        long begin = world.Clock.MonotonicMicros;
        Want(world);
        Assert.InRange(world.Clock.MonotonicMicros - begin, 500_000, 600_000);
        Assert.Equal(0, world.Replica.Counters.Snapshots);
    }

    [Fact]
    public void Nobody_waits_for_whom_the_disk_has_no_room_nor_soon_afterwards()
    {
        using SessionWorld world = WithSnapshot(Options);
        Write(world, 4_000);
        world.Storage.CapacityBytes -= world.Storage.FreeBytes - 1_000;
        Want(world);
        long begin = world.Clock.MonotonicMicros;
        Want(world);
        Assert.InRange(world.Clock.MonotonicMicros - begin, 0, 200_000);
        Assert.Equal(0, world.Replica.Counters.Snapshots);
    }

    [Fact]
    public void Nobody_waits_where_no_replica_takes_any()
    {
        var view = new SnapshotView();
        Assert.Null(view.TryWant());
        view.BeginTaking();
        int wish = view.TryWant()!.Value;
        Assert.False(view.IsSettled(wish));
        view.Dispose();
        Assert.True(view.IsSettled(wish));
        Assert.Null(view.TryWant());
        Assert.False(view.IsNewerWanted);
    }

    [Fact]
    public void The_wish_of_one_does_not_hold_another_whose_wish_is_settled()
    {
        var view = new SnapshotView();
        view.BeginTaking();
        int first = view.TryWant()!.Value;
        view.Settle();
        int second = view.TryWant()!.Value;
        Assert.True(view.IsSettled(first));
        Assert.False(view.IsSettled(second));
        Assert.True(view.IsNewerWanted);
    }

    [Fact]
    public void A_replica_that_keeps_nothing_on_disk_takes_none_for_anybody()
    {
        using SessionWorld world = new(snapshots: Options with { EveryBytes = long.MaxValue }, isDurable: false);
        Assert.Null(world.Snapshots.TryWant());
    }

    [Fact]
    public void Nobody_waits_for_what_takes_too_long_by_its_length()
    {
        using SessionWorld world = WithSnapshot(
            Slow with { HurriedBytesPerSecond = 500, NewerMicrosMax = 1_000_000 });
        Write(world, 4_000);
        long begin = world.Clock.MonotonicMicros;
        Want(world);
        Assert.InRange(world.Clock.MonotonicMicros - begin, 0, 200_000);
    }

    // A small first snapshot, and none by itself for long.
    private static SessionWorld WithSnapshot(SnapshotOptions options, long everyBytes = 50_000)
    {
        var world = new SessionWorld(snapshots: options with { EveryBytes = 1_000, BytesPerSecond = 1 << 30 });
        Write(world, 1_000);
        world.RunUntil(() => world.Snapshots.Newest is not null);
        world.Restart(options with { EveryBytes = everyBytes });
        return world;
    }

    private static void BeginSlowly(SessionWorld world)
    {
        Write(world, 6_000);
        world.Run(200);
        Assert.Contains(SnapshotNames.Temp, world.Storage.List());
        Assert.Equal(0, world.Replica.Counters.Snapshots);
    }

    private static void Want(SessionWorld world)
    {
        Assert.NotNull(world.Snapshots.TryWant());
        world.RunUntil(() => !world.Snapshots.IsNewerWanted);
    }

    // Keys of their own, so that the state grows with the log.
    private static void Write(SessionWorld world, long bytes)
    {
        ulong key = world.Log.LastIndex.Value;
        for (long written = 0; written < bytes; written += 1_000)
            world.Ask(new Request { Write = SessionWorld.Set($"{key++}", new string('v', 930)) });
    }
}
