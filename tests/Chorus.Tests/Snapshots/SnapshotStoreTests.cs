using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Tests.Snapshots;

/// <summary>Which snapshots a data directory has, and which of them count.</summary>
public sealed class SnapshotStoreTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void An_empty_directory_has_none()
    {
        SnapshotStore store = SnapshotStore.Open(_storage, SnapshotWork.Cluster);
        Assert.Null(store.Newest);
        Assert.Equal(LogIndex.Zero, store.SafeIndex);
    }

    [Fact]
    public void The_newest_two_count_and_the_log_is_safe_behind_the_older_one()
    {
        foreach (ulong index in (ulong[])[16, 300, 7])
            SnapshotWork.Write(_storage, index, [1]);
        SnapshotStore store = SnapshotStore.Open(_storage, SnapshotWork.Cluster);
        Assert.Equal(new LogIndex(300), store.Newest!.Index);
        Assert.Equal(new LogIndex(16), store.SafeIndex);
        store.Added(SnapshotWork.Write(_storage, 301, [1]));
        Assert.Equal(new LogIndex(300), store.SafeIndex);
        SnapshotStore.RemoveUseless(_storage, store.Kept);
        Assert.Equal(["snapshot-000000000000012c", "snapshot-000000000000012d"], _storage.List());
    }

    [Fact]
    public void One_alone_makes_no_part_of_the_log_safe_to_cut()
    {
        SnapshotWork.Write(_storage, 16, [1]);
        Assert.Equal(LogIndex.Zero, SnapshotStore.Open(_storage, SnapshotWork.Cluster).SafeIndex);
    }

    [Fact]
    public void A_damaged_one_is_passed_over_for_the_older_one_and_told()
    {
        SnapshotWork.Write(_storage, 16, [1]);
        SnapshotInfo newest = SnapshotWork.Write(_storage, 300, [1]);
        using (IStorageFile file = _storage.Open(newest.Name, writable: true))
            file.Write(newest.LengthBytes - 1, [0xFF]);
        SnapshotStore store = SnapshotStore.Open(_storage, SnapshotWork.Cluster);
        Assert.Equal(new LogIndex(16), store.Newest!.Index);
        Assert.Contains($"{newest.Name}, offset", Assert.Single(store.Notes), StringComparison.Ordinal);
        Assert.Equal((LogIndex.Zero, new LogIndex(300)), (store.SafeIndex, store.DamagedIndex));
    }

    [Fact]
    public void A_damaged_one_proves_what_was_committed_until_a_newer_one_makes_it_useless()
    {
        SnapshotWork.Write(_storage, 16, [1]);
        SnapshotInfo damaged = SnapshotWork.Write(_storage, 300, [1]);
        using (IStorageFile file = _storage.Open(damaged.Name, writable: true))
            file.Write(damaged.LengthBytes - 1, [0xFF]);
        SnapshotStore store = SnapshotStore.Open(_storage, SnapshotWork.Cluster);
        SnapshotStore.RemoveUseless(_storage, store.Kept);
        Assert.Contains(damaged.Name, _storage.List());
        store.Added(SnapshotWork.Write(_storage, 301, [1]));
        SnapshotStore.RemoveUseless(_storage, store.Kept);
        Assert.DoesNotContain(damaged.Name, _storage.List());
    }

    [Fact]
    public void One_that_was_just_verified_is_not_read_whole_again()
    {
        SnapshotInfo info = SnapshotWork.Write(_storage, 300, [1]);
        using (IStorageFile file = _storage.Open(info.Name, writable: true))
            file.Write(info.LengthBytes - 1, [0xFF]);
        Assert.Equal(info.Name, SnapshotStore.Open(_storage, SnapshotWork.Cluster, info).Newest!.Name);
        SnapshotInfo other = info with { LengthBytes = info.LengthBytes + 1 };
        Assert.Null(SnapshotStore.Open(_storage, SnapshotWork.Cluster, other).Newest);
    }

    [Fact]
    public void One_of_another_cluster_or_under_another_name_does_not_count()
    {
        SnapshotInfo info = SnapshotWork.Write(_storage, 16, [1]);
        Assert.Null(SnapshotStore.Open(_storage, Guid.NewGuid()).Newest);
        _storage.Rename(info.Name, "snapshot-0000000000000011");
        SnapshotStore store = SnapshotStore.Open(_storage, SnapshotWork.Cluster);
        Assert.Null(store.Newest);
        Assert.Equal(LogIndex.Zero, store.DamagedIndex);
        Assert.Contains("not of the one in its name", Assert.Single(store.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_other_files_are_no_snapshots()
    {
        string[] others =
            ["snapshot-", "snapshot-12", "snapshot-000000000000012C", "segment-000000000000012c.log"];
        foreach (string name in others)
            Assert.False(SnapshotNames.TryParse(name, out _), name);
        Assert.True(SnapshotNames.TryParse("snapshot-000000000000012c", out LogIndex index));
        Assert.Equal(new LogIndex(300), index);
    }
}
