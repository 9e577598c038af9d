using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Snapshots;

namespace Chorus.Tests.Transfer;

/// <summary>A snapshot is sent while it is taken (decision 0027).</summary>
public sealed class GrowingSnapshotTests : IDisposable
{
    private const string Here = "a:1";
    // Of one piece so much is in the file, the rest on its way.
    private const int PieceBytes = 700_000;
    private const int Written = 655_360;

    private readonly TransferPair _pair = new();
    private readonly TestSource _source;
    private readonly SnapshotStream _stream;
    private readonly SnapshotView _view;
    private readonly SnapshotReceiver _receiver;
    private SnapshotWriter? _writer;
    private SnapshotUnderWay? _underWay;

    public GrowingSnapshotTests()
    {
        _source = new TestSource(_pair.Listen(Here));
        _source.Append(20);
        _view = _source.Source.Snapshots!;
        _view.Show(SnapshotWork.Write(_source.Storage, 9, new byte[3_000]));
        _view.BeginTaking();
        _stream = new SnapshotStream(
            _pair, 0, new TransferStreamOptions { ChunkBytes = 100_000, WindowChunks = 4 });
        _receiver = new SnapshotReceiver(_pair, _stream, _source);
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _source.Dispose();
    }

    [Fact]
    public void What_is_written_of_it_is_sent_and_the_rest_when_it_is_there()
    {
        Want();
        _receiver.Pump();
        Assert.Empty(_receiver.Got);
        Begin(15);
        Write(pieces: 2);
        _receiver.Pump();
        Assert.Equal((2 * Written, new LogIndex(15), 0), (_receiver.Got.Count, _stream.Index, _stream.Length));
        Assert.Equal(new LogIndex(16), _source.Server.LowestPinned);
        Assert.InRange(_source.Server.NextWorkMicros, Now, Now + 10_000);
        Write(pieces: 2);
        _receiver.Pump();
        Assert.Equal(4 * Written, _receiver.Got.Count);
        Assert.Equal(TransferStreamState.Open, _stream.State);
        SnapshotInfo info = Finish();
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Complete, info.LengthBytes), (_stream.State, _stream.Length));
        CheckGot(info);
    }

    [Fact]
    public void One_that_is_finished_before_anything_was_sent_comes_whole()
    {
        Want();
        _receiver.Pump();
        Begin(15);
        Write(pieces: 1, bytes: 200_000);
        Assert.Equal(0, _underWay!.WrittenBytes);
        SnapshotInfo info = Finish();
        _receiver.Pump();
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        CheckGot(info);
    }

    [Fact]
    public void One_that_is_given_up_is_not_taken_for_whole_whoever_comes_behind_it()
    {
        Want();
        Begin(15);
        Write(pieces: 2);
        _receiver.Pump();
        GiveUp();
        Begin(17);
        Write(pieces: 4);
        _receiver.Pump();
        Assert.Equal((TransferStreamState.Refused, TransferRefusal.NoLongerKept), (_stream.State, _stream.Refusal));
        Assert.Equal(2 * Written, _receiver.Got.Count);
    }

    [Fact]
    public void One_that_is_given_up_before_its_file_was_opened_is_not_mixed_with_the_next()
    {
        Want();
        _receiver.Pump();
        Begin(15);
        Write(pieces: 2);
        SnapshotUnderWay old = _underWay!;
        GiveUp();
        Begin(17);
        Write(pieces: 2);
        _view.ShowUnderWay(old);
        _receiver.Pump();
        Assert.Equal(TransferRefusal.NoLongerKept, _stream.Refusal);
        Assert.Empty(_receiver.Got);
    }

    [Fact]
    public void A_copy_that_broke_off_begins_anew()
    {
        Want();
        _receiver.Pump();
        Begin(15);
        Write(pieces: 2);
        _receiver.Pump(chunks: 5);
        _stream.Close();
        _receiver.Pump();
        _receiver.Got.Clear();
        _stream.GoOn(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer: true);
        Assert.Equal(0, _stream.Position);
        Write(pieces: 2);
        _receiver.Pump();
        Assert.Equal(4 * Written, _receiver.Got.Count);
        SnapshotInfo info = Finish();
        _receiver.Pump();
        CheckGot(info);
    }

    [Fact]
    public void While_it_gets_its_name_it_is_found_under_that()
    {
        Want();
        _receiver.Pump();
        Begin(15);
        Write(pieces: 2);
        SnapshotInfo info = _writer!.Finish(digest: 1);
        _receiver.Pump();
        Assert.Equal(2 * Written, _receiver.Got.Count);
        _underWay!.Finish(info);
        _receiver.Pump();
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        CheckGot(info);
    }

    [Fact]
    public void Who_does_not_know_of_this_waits_for_the_end()
    {
        Begin(15);
        Write(pieces: 2);
        byte[] frame = new byte[TransferHeader.SizeBytes];
        new TransferHeader
        {
            Type = TransferMessageType.Open,
            Content = TransferContent.Snapshot,
            Stream = 77,
            First = new LogIndex(5),
            IsNewerWanted = true,
            Count = 4_000_000,
            Credit = 9,
        }.Encode(frame);
        Assert.True(_pair.TrySend(Here, frame, default));
        _source.Server.DoWork();
        Assert.False(_pair.TryReceive(out _, out _, out _));
        SnapshotInfo info = Finish();
        _source.Server.DoWork();
        Assert.True(_pair.TryReceive(out _, out ReadOnlySpan<byte> first, out _));
        Assert.True(TransferHeader.TryDecode(first, out TransferHeader header));
        Assert.Equal((new LogIndex(15), info.LengthBytes), (header.First, header.Length));
    }

    [Fact]
    public void The_end_of_the_owner_ends_what_it_does_not_finish()
    {
        Want();
        Begin(15);
        Write(pieces: 2);
        _receiver.Pump();
        _view.Dispose();
        _receiver.Pump();
        Assert.Equal(TransferStreamState.Refused, _stream.State);
    }

    private long Now => _source.MonotonicMicros;

    private void Want() => _stream.Open(Here, Guid.Empty, new LogIndex(5), Now, wantsNewer: true);

    private void Begin(ulong index)
    {
        _writer = SnapshotWriter.Begin(_source.Storage, SnapshotWork.Header(index));
        _underWay = new SnapshotUnderWay(SnapshotWork.Header(index));
        _view.ShowUnderWay(_underWay);
    }

    private void Write(int pieces, int bytes = PieceBytes)
    {
        byte[] piece = new byte[bytes];
        for (int i = 0; i < pieces; i++)
        {
            Random.Shared.NextBytes(piece);
            _writer!.Add(SnapshotSection.State, piece);
        }
        _underWay!.Note(_writer!.WrittenBytes);
    }

    private SnapshotInfo Finish()
    {
        SnapshotInfo info = _writer!.Finish(digest: 1);
        _underWay!.Finish(info);
        _view.Show(info);
        _view.ShowUnderWay(null);
        _view.Settle();
        return info;
    }

    private void GiveUp()
    {
        _underWay!.Abandon();
        _view.ShowUnderWay(null);
        _writer!.Dispose();
        _source.Storage.Delete(SnapshotNames.Temp);
    }

    private void CheckGot(SnapshotInfo info)
    {
        var storage = new MemoryStorage();
        using (IStorageFile file = storage.Create(info.Name))
            file.Write(0, [.. _receiver.Got]);
        Assert.Equal(info.LengthBytes, SnapshotReader.Verify(storage, info.Name).LengthBytes);
    }
}
