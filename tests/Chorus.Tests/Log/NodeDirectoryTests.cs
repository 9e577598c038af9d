using Chorus.Common.Log;

namespace Chorus.Tests.Log;

public sealed class NodeDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Data => Path.Combine(_temporary.Path, "data", "n1");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_directory_keeps_its_identity()
    {
        ulong incarnation;
        using (NodeDirectory made = NodeDirectory.Open(Data, "n1"))
        {
            Assert.NotEqual(0ul, made.Incarnation);
            Assert.Equal(Guid.Empty, made.ClusterId);
            incarnation = made.Incarnation;
            made.SetCluster(LogTestOptions.Cluster, "preload 10,128");
        }
        using NodeDirectory again = NodeDirectory.Open(Data, "n1");
        Assert.Equal(incarnation, again.Incarnation);
        Assert.Equal(LogTestOptions.Cluster, again.ClusterId);
        Assert.Equal("preload 10,128", again.StateBase);
        again.CheckCluster(LogTestOptions.Cluster);
        Assert.Throws<NodeDirectoryException>(() => again.CheckCluster(Guid.NewGuid()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replica_and_an_observer_never_go_on_with_each_others_folder(bool isObserver)
    {
        using (NodeDirectory made = NodeDirectory.Open(Data, "n1", isObserver))
            made.SetCluster(LogTestOptions.Cluster);
        using (NodeDirectory again = NodeDirectory.Open(Data, "n1", isObserver))
            Assert.Equal(isObserver, again.Identity.IsObserver);
        var error = Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n1", !isObserver));
        Assert.Contains(isObserver ? "observer 'n1' records" : "replica 'n1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_directories_have_different_incarnations()
    {
        using NodeDirectory one = NodeDirectory.Open(Data, "n1");
        using NodeDirectory two = NodeDirectory.Open(Data + "x", "n1");
        Assert.NotEqual(one.Incarnation, two.Incarnation);
    }

    [Fact]
    public void A_directory_in_use_is_refused_and_names_the_process()
    {
        using NodeDirectory first = NodeDirectory.Open(Data, "n1");
        var error = Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n1"));
        Assert.Contains($"in use by process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_is_free_after_it_was_closed()
    {
        NodeDirectory.Open(Data, "n1").Dispose();
        NodeDirectory.Open(Data, "n1").Dispose();
    }

    [Fact]
    public void The_directory_of_another_node_is_refused()
    {
        NodeDirectory.Open(Data, "n1").Dispose();
        var error = Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n2"));
        Assert.Contains("belongs to node 'n1'", error.Message, StringComparison.Ordinal);
        Assert.Contains("-id n1", error.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_is_refused_with_the_cure()
    {
        NodeDirectory.Open(Data, "n1").Dispose();
        File.WriteAllText(Path.Combine(Data, "node"), "chorus node\nformat 2\nwhatever\n");
        var error = Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n1"));
        Assert.Contains("made by a newer Chorus", error.Message, StringComparison.Ordinal);
        Assert.Contains("Install", error.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_a_cluster_has_a_hard_state_before_it_names_the_cluster()
    {
        using NodeDirectory made = NodeDirectory.Open(Data, "n1");
        Assert.False(made.Storage.Exists(HardStateFile.Name));
        made.SetCluster(LogTestOptions.Cluster);
        Assert.True(made.Storage.Exists(HardStateFile.Name));
        made.Storage.Delete(HardStateFile.Name);
        var opening = new LogOpening { ClusterId = LogTestOptions.Cluster, HasHardState = true };
        Assert.Throws<LogCorruptionException>(() => RecordLog.TryOpen(
            made.Storage, new InlineDiskExecutor(), new LogOptions(), opening, out _));
    }

    [Fact]
    public void A_read_only_file_system_is_told_from_other_failures()
    {
        Assert.True(PosixStorage.IsReadOnly(new IOException("Read-only file system", 30)));
        Assert.False(PosixStorage.IsReadOnly(new IOException("No space left on device", 28)));
    }

    [Fact]
    public void A_damaged_identity_is_corruption()
    {
        NodeDirectory.Open(Data, "n1").Dispose();
        string path = Path.Combine(Data, "node");
        string text = File.ReadAllText(path);
        for (int i = 0; i < text.Length; i++)
        {
            char[] changed = text.ToCharArray();
            changed[i] ^= (char)1;
            File.WriteAllText(path, new string(changed));
            Exception? error = Record.Exception(() => NodeDirectory.Open(Data, "n1"));
            Assert.True(error is LogCorruptionException or NodeDirectoryException, $"position {i}: {error}");
        }
    }

    [Fact]
    public void A_directory_with_other_files_is_refused()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "holiday.jpg"), "");
        var error = Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n1"));
        Assert.Contains("holiday.jpg", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "node")));
    }

    [Fact]
    public void A_file_in_place_of_the_directory_is_refused()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Data)!);
        File.WriteAllText(Data, "");
        Assert.Throws<NodeDirectoryException>(() => NodeDirectory.Open(Data, "n1"));
    }

    [Fact]
    public void The_log_of_a_directory_is_empty_until_a_record_is_durable()
    {
        using NodeDirectory directory = NodeDirectory.Open(Data, "n1");
        Assert.True(directory.IsLogEmpty);
        using var driver = new LogDriver(directory.Storage);
        driver.Save(1);
        Assert.True(driver.Settle());
        Assert.True(directory.IsLogEmpty);
        driver.Append(1, "x");
        Assert.True(driver.Settle());
        Assert.False(directory.IsLogEmpty);
    }
}
