using System.Text;
using Chorus.Common.Backup;
using Chorus.Common.Client;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Chorus.Tests.Recovery;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Compatibility;

/// <summary>What earlier versions have written is read, and today's formats are those that are stored.</summary>
public sealed class StoredFormatsTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public static IEnumerable<object[]> Stored => StoredFormats.All.Select(number => new object[] { number });

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_today_is_what_is_stored_byte_for_byte()
    {
        string made = Path.Combine(_folder.Path, "made");
        FormatsWriter.Write(made);
        string stored = StoredFormats.Folder(StoredFormats.Newest);
        if (Environment.GetEnvironmentVariable(StoredFormats.RenewVariable) == "1")
            Store(made, stored);
        SortedDictionary<string, byte[]> before = StoredFormats.Files(stored), now = StoredFormats.Files(made);
        Assert.Equal(before.Keys, now.Keys);
        foreach (string name in now.Keys)
        {
            Assert.True(before[name].AsSpan().SequenceEqual(now[name]),
                $"{name} is written differently than stored: raise its version and store a new set "
                    + "(docs/compatibility.md)");
        }
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public async Task A_replica_starts_from_what_is_stored_and_has_its_state(int number)
    {
        string data = StoredFormats.Copy(number, "replica", _folder.Path);
        using (var replica = new RunningReplica(FormatsWriter.Founder, data))
        {
            await using var client = new ChorusClient(
                new ChorusClientOptions { Servers = [replica.Client.ToString()], UseSession = false });
            var store = new KvClient(client);
            Assert.Equal("two", await TextAsync(store, "a"));
            Assert.Equal("5", await TextAsync(store, "count"));
            Assert.Equal(Code.NotFound, (await store.GetAsync("gone"u8.ToArray())).Code);
            Assert.Equal(new string('f', 3000), await TextAsync(store, "large/5"));
            Status status = (await client.StatusAsync(replica.Client.ToString()))!;
            Assert.Equal(StoredFormats.Expected(number, "state"), status.Digest);
            Assert.Equal(1ul, status.Sessions);
            Assert.True((await store.SetAsync("b"u8.ToArray(), "later"u8.ToArray())).IsSuccess);
        }
        ReplayedState state = StateReplay.Run(data, null, withUncommitted: true, default);
        Assert.Equal(9, state.Store.Count);
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void The_states_of_all_stored_directories_are_the_same_and_sessions_go_on(int number)
    {
        foreach (string directory in (string[])["replica", "observer", "backup"])
        {
            ReplayedState state = StateReplay.Run(
                StoredFormats.Copy(number, directory, _folder.Path), null, withUncommitted: false, default);
            Assert.Equal(StoredFormats.Expected(number, "last"), $"{state.Last.Index}");
            Assert.Equal(StoredFormats.Expected(number, "chain"), $"{state.Last.Chain:x16}");
            Assert.Equal(StoredFormats.Expected(number, "state"), $"{state.Store.Digest:x16}");
            Assert.Equal(StoredFormats.Expected(number, "sessions"), $"{state.Sessions.Digest:x16}");
            Assert.Equal(directory == "observer" ? 0ul : FormatsWriter.SnapshotIndex, state.Snapshot.Value);
            var again = new SessionEnvelope(FormatsWriter.Session, 2, 1);
            state.Sessions.Find(again, state.Last.TimeMicros, out KeptAnswer kept);
            Assert.Equal((Code.Ok, 6ul), (kept.Code, kept.Index.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void The_stored_record_of_an_observer_is_verified_and_goes_on(int number)
    {
        string folder = StoredFormats.Copy(number, "observer", _folder.Path);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.True(run.Code == 0, run.Output + run.Error);
        Assert.Contains(StoredFormats.Expected(number, "last"), run.Output, StringComparison.Ordinal);
        using NodeDirectory directory = NodeDirectory.Open(folder, FormatsWriter.Observer, isObserver: true);
        var opening = new LogOpening { ClusterId = directory.ClusterId, IsObserver = true, HasHardState = true };
        using LogDriver driver = LogDriver.TryOpen(directory.Storage, opening, out _)!;
        Assert.Equal(StoredFormats.Expected(number, "chain"), $"{driver.Log.LastChain:x16}");
        Assert.Empty(driver.Log.RecoveryNotes);
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void A_new_cluster_is_restored_from_the_stored_backup(int number)
    {
        ReplayedState state = StateReplay.Run(
            StoredFormats.Copy(number, "backup", _folder.Path), null, withUncommitted: false, default);
        string restored = Path.Combine(_folder.Path, "restored");
        RestoredDirectory.Create(
            restored, new Member(new NodeId("new0"), 0, MemberKind.Voter, "h:1", "h:2"), state);
        ReplayedState again = StateReplay.Run(restored, null, withUncommitted: false, default);
        Assert.Equal(StoredFormats.Expected(number, "state"), $"{again.Store.Digest:x16}");
        Assert.Equal(StoredFormats.Expected(number, "sessions"), $"{again.Sessions.Digest:x16}");
    }

    [Theory]
    [MemberData(nameof(Stored))]
    public void Every_stored_message_says_what_it_said(int number)
    {
        Dictionary<string, byte[][]> stored = StoredFormats.Messages(number);
        foreach (MessageSample sample in MessageSamples.All)
        {
            if (stored.TryGetValue(sample.Name, out byte[][]? frames))
                Assert.True(sample.ReadsBack(frames), $"{sample.Name} of set {number} is read as something else");
            else
                Assert.NotEqual(StoredFormats.Newest, number);
        }
    }

    [Fact]
    public void Formats_from_before_the_first_stored_set_are_read()
    {
        // A configuration of version 1: without addresses of transfer and feed.
        byte[] first = Convert.FromHexString("01010132efcdab896745230102613103683a3103683a32");
        Assert.True(ConfigurationCodec.TryDecode(first, out Configuration? configuration, out string error), error);
        Assert.Equal(
            new Member(new NodeId("a1"), 0x0123456789ABCDEF, MemberKind.Voter, "h:1", "h:2", 50),
            Assert.Single(configuration.Members));
        // A hard state of format 1: without the number of the newest segment.
        var storage = new MemoryStorage();
        HardStateFile.Open(storage, out _).Dispose();
        using (HardStateFile file = HardStateFile.Open(storage, out _))
            file.Save(new HardState(new Term(3), new NodeId("a1"), new LogIndex(4)));
        byte[] format = new byte[4];
        using (IStorageFile file = storage.Open(HardStateFile.Name, writable: false))
            file.Read(8, format);
        Assert.Equal([1, 0, 0, 0], format);
        using HardStateFile again = HardStateFile.Open(storage, out string? note);
        Assert.Null(note);
        Assert.Equal((3ul, 4ul), (again.Recovered.Term.Value, again.Recovered.Commit.Value));
    }

    private static async Task<string> TextAsync(KvClient store, string key)
    {
        ClientResult result = await store.GetAsync(Encoding.UTF8.GetBytes(key));
        Assert.True(result.IsSuccess, $"{key}: {result.Code} {result.Message}");
        return Encoding.UTF8.GetString(result.Payload.Span);
    }

    // On request only, and only a new set: what was written stays written.
    private static void Store(string made, string stored)
    {
        Assert.False(Directory.Exists(stored), $"{stored} is there: raise {nameof(StoredFormats.Newest)} first");
        foreach (string name in StoredFormats.Files(made).Keys)
        {
            string file = Path.Combine(stored, name);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(Path.Combine(made, name), file);
        }
    }
}
