using Chorus.Common.Log;
using Chorus.Simulation.Disk;
using Chorus.Simulation.World;

namespace Chorus.SimulationTests.Disk;

public sealed class SimulatedStorageTests
{
    private readonly SimulatedStorage _storage = new("test", new SeededRandom(1));

    [Fact]
    public void A_synced_file_with_a_synced_name_survives_a_loss_of_power()
    {
        using (IStorageFile file = _storage.Create("a"))
        {
            file.Write(0, [1, 2, 3]);
            file.Sync();
        }
        _storage.SyncDirectory();

        _storage.LosePower(0);

        Assert.Equal([1, 2, 3], ReadAll("a"));
    }

    [Fact]
    public void A_name_that_was_not_synced_is_lost_with_all_its_synced_contents()
    {
        using (IStorageFile file = _storage.Create("a"))
        {
            file.Write(0, [1]);
            file.Sync();
        }

        _storage.LosePower(0);

        Assert.False(_storage.Exists("a"));
    }

    [Fact]
    public void Unsynced_writes_tear_at_sectors()
    {
        byte[] before = [.. Enumerable.Repeat((byte)1, 64 * FileImage.SectorBytes)];
        byte[] after = [.. Enumerable.Repeat((byte)2, before.Length)];
        using (IStorageFile file = _storage.Create("a"))
        {
            file.Write(0, before);
            file.Sync();
            _storage.SyncDirectory();
            file.Write(0, after);
        }

        _storage.LosePower(0.5);

        byte[][] sectors = [.. ReadAll("a").Chunk(FileImage.SectorBytes)];
        Assert.All(sectors, sector => Assert.Single(sector.Distinct()));
        Assert.Equal(2, sectors.Select(sector => sector[0]).Distinct().Count());
    }

    [Fact]
    public void A_rename_that_was_not_synced_is_undone_as_a_whole()
    {
        Put("new", 2);
        Put("old", 1);
        _storage.SyncDirectory();
        _storage.Rename("new", "old");
        Assert.Equal([2], ReadAll("old"));

        _storage.LosePower(0);

        Assert.Equal(["new", "old"], _storage.List());
        Assert.Equal([1], ReadAll("old"));
    }

    [Fact]
    public void A_killed_process_leaves_the_page_cache_behind()
    {
        using (IStorageFile file = _storage.Create("a"))
            file.Write(0, [7]);

        _storage.Revive();

        Assert.Equal([7], ReadAll("a"));
    }

    [Fact]
    public void A_machine_dies_at_the_operation_named_and_stays_dead()
    {
        using IStorageFile file = _storage.Create("a");
        _storage.DieAtOperation(2);
        file.Write(0, [1]);

        Assert.Throws<CrashException>(file.Sync);
        Assert.Throws<CrashException>(() => _storage.List());
    }

    [Fact]
    public void A_failed_sync_is_never_followed_by_one_that_succeeds()
    {
        using IStorageFile file = _storage.Create("a");
        file.Write(0, [1]);
        _storage.FailsNextSync = true;

        Assert.Throws<IOException>(file.Sync);
        Assert.Throws<IOException>(file.Sync);
        Assert.Equal(1, _storage.SyncsAfterFailure);
    }

    [Fact]
    public void A_full_disk_takes_nothing_more_but_lets_files_be_overwritten()
    {
        Put("a", 1);
        _storage.CapacityBytes = 1;
        using IStorageFile file = _storage.Open("a", writable: true);

        file.Write(0, [2]);
        Assert.Throws<DiskFullException>(() => file.Write(1, [3]));
        Assert.Equal(0, _storage.FreeBytes);
    }

    private void Put(string name, byte value)
    {
        using IStorageFile file = _storage.Create(name);
        file.Write(0, [value]);
        file.Sync();
    }

    private byte[] ReadAll(string name)
    {
        using IStorageFile file = _storage.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return bytes;
    }
}
