using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Snapshots;

namespace Chorus.Tests.Transfer;

/// <summary>A snapshot on its way from one directory to another.</summary>
public sealed class SnapshotStreamTests : IDisposable
{
    private const string Here = "a:1", There = "b:1";

    private static readonly TransferStreamOptions Small = new() { ChunkBytes = 1000, WindowChunks = 4 };

    private readonly TransferPair _pair = new();
    private readonly TestSource _source;
    private readonly TestSource _other;
    private readonly SnapshotStream _stream;
    private readonly SnapshotReceiver _receiver;

    public SnapshotStreamTests()
    {
        _source = new TestSource(_pair.Listen(Here));
        _other = new TestSource(_pair.Listen(There), "b");
        _source.Append(20);
        _other.Append(20);
        _stream = new SnapshotStream(_pair, 0, Small);
        _receiver = new SnapshotReceiver(_pair, _stream, _source, _other);
    }

    public void Dispose()
    {
        _source.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void A_snapshot_arrives_byte_by_byte_and_is_whole()
    {
        SnapshotInfo info = Make(_source, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, ""), (_stream.State, _stream.Reason));
        Assert.Equal((info.LengthBytes, info.Index), (_stream.Length, _stream.Index));
        var storage = new MemoryStorage();
        using (IStorageFile file = storage.Create(info.Name))
            file.Write(0, [.. _receiver.Got]);
        Assert.Equal(info.LengthBytes, SnapshotReader.Verify(storage, info.Name).LengthBytes);
    }

    [Fact]
    public void A_copy_that_broke_off_goes_on_at_whoever_has_the_very_same_file()
    {
        SnapshotInfo info = Make(_source, 9);
        Make(_other, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump(chunks: 3);
        _pair.Kill(Here);
        long sent = _source.Server.SentBytesTotal;
        Assert.InRange(_stream.Position, 3000, info.LengthBytes - 1);
        _stream.GoOn(There, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        Assert.Equal(info.LengthBytes, _receiver.Got.Count);
        Assert.True(_other.Server.SentBytesTotal < info.LengthBytes && sent > 0);
    }

    [Fact]
    public void A_source_that_has_another_snapshot_by_now_does_not_go_on_with_it()
    {
        Make(_source, 9);
        Make(_other, 12);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump(chunks: 3);
        _pair.Kill(Here);
        _stream.GoOn(There, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal(TransferRefusal.NoLongerKept, _stream.Refusal);
        Assert.Contains("another one of index 12", _stream.Reason, StringComparison.Ordinal);
        _stream.Forget();
        _receiver.Got.Clear();
        _stream.GoOn(There, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, new LogIndex(12)), (_stream.State, _stream.Index));
    }

    [Fact]
    public void Who_has_none_or_an_older_one_says_so()
    {
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal(TransferRefusal.NotServed, _stream.Refusal);
        Make(_source, 4);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump();
        Assert.Equal(TransferRefusal.NotYetThere, _stream.Refusal);
    }

    [Fact]
    public void The_log_behind_it_is_kept_while_it_is_sent()
    {
        Make(_source, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump(chunks: 2);
        Assert.Equal(new LogIndex(10), _source.Server.LowestPinned);
        _receiver.Pump();
        _source.Server.DoWork();
        Assert.Equal(ulong.MaxValue, _source.Server.LowestPinned.Value);
    }

    [Fact]
    public void It_is_sent_to_its_end_although_its_file_has_been_removed()
    {
        SnapshotInfo info = Make(_source, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump(chunks: 2);
        _source.Storage.Delete(info.Name);
        Make(_source, 15);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, info.LengthBytes), (_stream.State, _receiver.Got.Count));
    }

    [Fact]
    public void Who_wants_a_newer_one_waits_until_it_is_there_although_the_log_stands_still()
    {
        Make(_source, 9);
        _source.Source.Snapshots!.BeginTaking();
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer: true);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Open, 0), (_stream.State, _receiver.Got.Count));
        Assert.True(_source.Source.Snapshots.IsNewerWanted);
        Assert.Equal(new LogIndex(10), _source.Server.LowestPinned);
        SnapshotInfo newer = Make(_source, 15);
        _receiver.Pump();
        Assert.Empty(_receiver.Got);
        _source.Source.Snapshots.Settle();
        Assert.InRange(_source.Server.NextWorkMicros, Now, Now + 10_000);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, newer.Index), (_stream.State, _stream.Index));
        Assert.Equal(newer.LengthBytes, _receiver.Got.Count);
    }

    [Fact]
    public void Who_waits_for_a_newer_one_hears_from_the_source()
    {
        Make(_source, 9);
        _source.Source.Snapshots!.BeginTaking();
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer: true);
        for (int i = 0; i < 20; i++)
        {
            _receiver.Pump();
            _source.MonotonicMicros += 500_000;
            _stream.Poll(Now);
        }
        Assert.Equal(TransferStreamState.Open, _stream.State);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Nobody_waits_who_does_not_want_a_newer_one_or_where_none_is_taken(bool isTaking, bool wantsNewer)
    {
        SnapshotInfo info = Make(_source, 9);
        if (isTaking)
            _source.Source.Snapshots!.BeginTaking();
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, info.LengthBytes), (_stream.State, _receiver.Got.Count));
        Assert.False(_source.Source.Snapshots!.IsNewerWanted);
    }

    [Fact]
    public void Who_goes_on_with_one_does_not_wait_for_another()
    {
        SnapshotInfo info = Make(_source, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _receiver.Pump(chunks: 3);
        _stream.Close();
        _source.Source.Snapshots!.BeginTaking();
        _stream.GoOn(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer: true);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, info.LengthBytes), (_stream.State, _receiver.Got.Count));
    }

    [Fact]
    public void A_flipped_byte_on_the_way_is_noticed_at_once()
    {
        Make(_source, 9);
        _stream.Open(Here, Guid.Empty, new LogIndex(5), Now);
        _source.Server.DoWork();
        Assert.True(_pair.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body));
        byte[] wrong = body.ToArray();
        wrong[7] ^= 1;
        _stream.TryAccept(address, header, wrong, Now, out ReadOnlySpan<byte> piece);
        Assert.True(piece.IsEmpty);
        Assert.Equal(TransferStreamState.Untrue, _stream.State);
    }

    private long Now => _source.MonotonicMicros;

    private static SnapshotInfo Make(TestSource source, ulong index)
    {
        SnapshotInfo info = SnapshotWork.Write(source.Storage, index, new byte[2_500], new byte[3_000], [1, 2, 3]);
        source.Source.Snapshots!.Show(info);
        return info;
    }
}
