using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Transfer;

public sealed class TransferServerTests : TransferFixture
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 300)]
    [InlineData(77, 78)]
    [InlineData(200, 301)]
    [InlineData(301, 0)]
    public void A_range_arrives_as_it_stands_in_the_log(ulong from, ulong until)
    {
        _source.Append(300);
        _stream.Open(Here, LogTestOptions.Cluster, _source.HeaderAt(from - 1), new LogIndex(until), Now);
        Pump();
        Assert.Equal((TransferStreamState.Complete, ""), (_stream.State, _stream.Reason));
        Assert.Equal(_source.Range(from, until == 0 ? 301 : until), _got);
        Assert.Equal(0, _source.Server.StreamCount);
        Assert.Equal(ForEver, _source.Server.LowestPinned.Value);
        Assert.Equal(_got.Count, _source.Server.SentBytesTotal);
    }

    [Fact]
    public void A_stream_for_ever_gets_what_is_appended_later_within_milliseconds()
    {
        _source.Append(5);
        _stream.Open(Here, Guid.Empty, default, new LogIndex(ForEver), Now);
        Pump();
        Assert.Equal(5, Records());
        for (int i = 6; i < 20; i++)
        {
            Assert.True(_source.Server.NextWorkMicros <= Now + 2_000);
            _source.Append(1);
            _source.MonotonicMicros = _source.Server.NextWorkMicros;
            Pump();
            Assert.Equal(i, Records());
        }
        Assert.Equal(20ul, _source.Server.LowestPinned.Value);
        Assert.Equal(TransferStreamState.Open, _stream.State);
        _stream.Close();
        Pump();
        Assert.Equal(0, _source.Server.StreamCount);
        Assert.Equal(long.MaxValue, _source.Server.NextWorkMicros);
    }

    [Fact]
    public void What_is_not_there_yet_is_waited_for_with_signs_of_life()
    {
        _source.Append(3);
        _stream.Open(Here, Guid.Empty, default, new LogIndex(6), Now);
        for (int i = 0; i < 40; i++)
        {
            Pump();
            _source.MonotonicMicros += Second / 4;
        }
        Assert.Equal((TransferStreamState.Open, 3), (_stream.State, Records()));
        _source.Append(10);
        Pump();
        Assert.Equal((TransferStreamState.Complete, 5), (_stream.State, Records()));
    }

    [Fact]
    public void The_receiver_sets_the_pace()
    {
        _source.Append(300);
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(release: 0);
        int window = _got.Count;
        Assert.InRange(window, 2000, 4 * Small.ChunkBytes);
        _source.MonotonicMicros += 5 * Second;
        Pump(release: 0);
        Assert.Equal(window, _got.Count);
        _stream.Release(Now, 4);
        Pump(release: 0);
        Assert.Equal(2 * window, _got.Count, 300.0);
    }

    [Fact]
    public void Streams_take_turns_chunk_by_chunk()
    {
        _source.Append(300);
        var other = new LogStream(_pair, 1, Small with { WindowChunks = 8 });
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        other.OpenAt(Here, Guid.Empty, new LogIndex(150), LogIndex.Zero, Now);
        _source.Server.DoWork();
        var order = new List<ulong>();
        while (_pair.TryReceive(out _, out ReadOnlySpan<byte> header, out _))
        {
            Assert.True(TransferHeader.TryDecode(header, out TransferHeader chunk));
            order.Add(chunk.Stream >> 32);
        }
        Assert.Equal(12, order.Count);
        Assert.Equal(4, order.Take(8).Count(lane => lane == 0));
        Assert.True(order.Take(8).Zip(order.Skip(1)).All(pair => pair.First != pair.Second));
    }

    [Fact]
    public void Absurd_sizes_are_cut_down_and_a_record_longer_than_a_chunk_is_sent_alone()
    {
        _source.Append(20, 3000);
        var wide = new LogStream(
            _pair, 0, new TransferStreamOptions { ChunkBytes = int.MaxValue, WindowChunks = 1000 });
        wide.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(wide);
        Assert.Equal((TransferStreamState.Complete, 20), (wide.State, Records()));
        _got.Clear();
        var narrow = new LogStream(_pair, 1, new TransferStreamOptions { ChunkBytes = 1, WindowChunks = 1 });
        narrow.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(narrow);
        Assert.Equal((TransferStreamState.Complete, 20), (narrow.State, Records()));
    }

    [Fact]
    public void One_receiver_gets_so_many_streams_and_all_together_so_many()
    {
        _source.Append(300);
        var streams = new List<LogStream>();
        for (uint lane = 0; lane < 9; lane++)
        {
            streams.Add(new LogStream(_pair, lane, Small));
            streams[^1].Open(Here, Guid.Empty, default, new LogIndex(ForEver), Now);
        }
        _source.Server.DoWork();
        Assert.Equal(8, _source.Server.StreamCount);
        Assert.Equal(1, _source.Server.RefusedTotal);
        streams[0].Close();
        streams[8].Open(Here, Guid.Empty, default, new LogIndex(ForEver), Now);
        _source.Server.DoWork();
        Assert.Equal(8, _source.Server.StreamCount);

        var pair = new TransferPair();
        using var busy = new TestSource(pair.Listen(Here), options: new TransferServerOptions { StreamsMax = 2 });
        busy.Append(10);
        for (uint lane = 0; lane < 3; lane++)
            new LogStream(pair, lane, Small).Open(Here, Guid.Empty, default, new LogIndex(ForEver), Now);
        busy.Server.DoWork();
        Assert.Equal(2, busy.Server.StreamCount);
        Assert.Equal(1, busy.Server.RefusedTotal);
    }

    [Fact]
    public void A_receiver_that_says_nothing_is_told_and_forgotten()
    {
        _source.Append(300);
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(release: 0);
        _source.MonotonicMicros += 60 * Second;
        Assert.True(_source.Server.NextWorkMicros <= Now);
        _source.Server.DoWork();
        Assert.Equal(0, _source.Server.StreamCount);
        Pump(release: 0);
        Assert.Equal((TransferStreamState.Refused, TransferRefusal.Overloaded), (_stream.State, _stream.Refusal));
    }

    [Fact]
    public void A_receiver_that_cannot_be_sent_to_loses_its_streams()
    {
        _source.Append(300);
        _stream.Open(Here, Guid.Empty, default, new LogIndex(ForEver), Now);
        Pump();
        _pair.IsReading = false;
        _source.MonotonicMicros += Second / 2;
        _source.Server.DoWork();
        Assert.Equal(0, _source.Server.StreamCount);
    }

    [Fact]
    public void Damage_ends_its_own_streams_and_no_others()
    {
        _source.Append(300);
        ulong first = SecondSegment();
        using (IStorageFile file = _source.Storage.Open(SegmentHeader.NameOf(2), writable: true))
            file.Write(SegmentHeader.BlockBytes + 2000, new byte[500]);
        var other = new LogStream(_pair, 1, Small);
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        other.Open(Here, Guid.Empty, default, new LogIndex(first), Now);
        Pump(_stream, other);
        Assert.Equal((TransferStreamState.Refused, TransferRefusal.Damaged), (_stream.State, _stream.Refusal));
        Assert.Contains("another source", _stream.Reason);
        Assert.InRange(_stream.Last.Index.Value, first - 1, first + 20);
        Assert.Equal(TransferStreamState.Complete, other.State);
    }

    [Fact]
    public void A_stream_goes_on_with_the_same_bytes_at_another_source()
    {
        using var twin = new TestSource(_pair.Listen("b:1"), "b");
        _source.Append(300);
        twin.Append(300);
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(release: 2);
        _pair.Kill(Here);
        Assert.Equal(TransferStreamState.Open, _stream.State);
        _stream.Open("b:1", _stream.ClusterId, _stream.Last, LogIndex.Zero, Now);
        while (_stream.State == TransferStreamState.Open)
        {
            twin.Server.DoWork();
            Pump();
        }
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        Assert.Equal(twin.Range(1, 301), _got);
    }

    [Fact]
    public void A_source_says_what_it_has()
    {
        _source.Append(30);
        _source.View.Show(new Configuration(
        [
            new(new NodeId("n1"), 5, MemberKind.Voter, "n1:2", "n1:1"),
            new(new NodeId("o"), 6, MemberKind.Observer, "", ""),
        ]));
        Assert.True(TransferRequests.TrySendDescribe(_pair, Here, Guid.Empty));
        _source.Server.DoWork();
        Assert.True(_pair.TryReceive(out _, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body));
        Assert.True(TransferRequests.TryReadDescription(header, body, out LogDescription description));
        Assert.Equal(("a", "replica"), (description.Id, description.Kind));
        Assert.Equal((1ul, 30ul), (description.FirstIndex, description.LastIndex));
        Assert.Equal(_source.HeaderAt(30).Chain, description.LastChain);
        Assert.Equal(LogTestOptions.Cluster, new Guid(description.ClusterId.Span));
        Assert.Equal(["n1", "o"], description.Members.Select(member => member.Id));
        Assert.Equal("n1:1", description.Members[0].ClientAddress);
        Assert.False(TransferRequests.TryReadDescription(header, [0xff], out _));
        (TransferHeader answer, _) = Ask(
            new TransferHeader { Type = TransferMessageType.Describe, ClusterId = Guid.NewGuid() });
        Assert.Equal(TransferRefusal.WrongCluster, answer.Refusal);
    }

    [Fact]
    public void Observers_say_how_far_they_are()
    {
        _source.Append(30);
        var id = new NodeId("log0");
        Assert.True(TransferRequests.TrySendReport(_pair, Here, LogTestOptions.Cluster, id, 7, _source.HeaderAt(20)));
        Assert.True(TransferRequests.TrySendReport(_pair, Here, Guid.NewGuid(), new NodeId("x"), 7, default));
        Assert.True(TransferRequests.TrySendReport(_pair, Here, LogTestOptions.Cluster, new NodeId("?"), 7, default));
        _source.Server.DoWork();
        var member = new Chorus.Raft.Member(id, 7, MemberKind.Observer, "", "");
        ObserverReport? report = _source.Source.Reports!.Find(member);
        Assert.Equal(new ObserverReport(id, 7, new LogIndex(20), 1000, Now), report);
        Assert.Null(_source.Source.Reports.Find(member with { Incarnation = 8 }));
        Assert.Null(_source.Source.Reports.Find(member with { Id = new NodeId("x") }));
        Assert.Equal(1, _source.Server.GarbageTotal);
    }

    [Fact]
    public void Another_version_is_told_so_and_garbage_is_counted()
    {
        byte[] frame = new byte[TransferHeader.SizeBytes];
        new TransferHeader { Type = TransferMessageType.Open, Stream = 5 }.Encode(frame);
        frame[0] = 2;
        _pair.TrySend(Here, frame, default);
        _pair.TrySend(Here, [1, 2, 3], default);
        _pair.TrySend(Here, default, default);
        _source.Server.DoWork();
        Assert.Equal(3, _source.Server.GarbageTotal);
        Assert.True(_pair.TryReceive(out _, out ReadOnlySpan<byte> header, out _));
        Assert.True(TransferHeader.TryDecode(header, out TransferHeader answer));
        Assert.Equal((TransferRefusal.BadRequest, 5ul), (answer.Refusal, answer.Stream));
        Assert.False(_pair.TryReceive(out _, out _, out _));
    }

    [Fact]
    public void Random_messages_are_survived()
    {
        _source.Append(50);
        Random random = new(5);
        byte[] frame = new byte[TransferHeader.SizeBytes];
        for (int round = 0; round < 20_000; round++)
        {
            random.NextBytes(frame);
            frame[0] = 1;
            frame[1] = (byte)random.Next(1, 6);
            frame[2] = (byte)random.Next(1, 4);
            if (random.Next(2) == 0)
                frame.AsSpan(8, 16).Clear();
            if (random.Next(2) == 0)
                frame.AsSpan(34, 14).Clear();
            _pair.TrySend(Here, frame, frame.AsSpan(0, random.Next(80)));
            _source.Server.DoWork();
            while (_pair.TryReceive(out _, out _, out _))
            {
            }
        }
        Assert.InRange(_source.Server.StreamCount, 0, 8);
    }
}
