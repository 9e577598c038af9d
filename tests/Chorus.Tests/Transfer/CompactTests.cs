using System.Buffers;
using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using static Chorus.Common.Protocol.KvCommand.Types;

namespace Chorus.Tests.Transfer;

public sealed class CompactTests : TransferFixture
{
    private readonly SortedDictionary<string, (ulong Index, string Value)> _model = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ulong Index, string Value)> _state = [];
    private readonly CompactStream _compact;
    private ulong _lastRecord;
    private int _applied;

    public CompactTests() => _compact = new CompactStream(_pair, 0, Small);

    [Fact]
    public void The_last_command_of_each_key_arrives_and_nothing_else()
    {
        Random random = new(3);
        Fill(random, 2_000);
        _compact.Open(Here, Guid.Empty, new LogIndex(1), _source.Last.Next, Now);
        PumpCompact();
        Assert.Equal((TransferStreamState.Complete, ""), (_compact.State, _compact.Reason));
        Assert.Equal(_model, new SortedDictionary<string, (ulong, string)>(_state, StringComparer.Ordinal));
        Assert.Equal(_source.Last.Next, _compact.Next);
    }

    [Fact]
    public void Relative_commands_come_with_all_that_they_build_on_and_make_the_same_state()
    {
        var whole = new KvStateMachine();
        var compacted = new KvStateMachine();
        Random random = new(7);
        for (int i = 0; i < 3_000; i++)
        {
            string key = $"key {random.Next(200)}";
            if (random.Next(3) > 0)
                _source.Increment(key, random.Next(-5, 9), inSession: random.Next(2) == 0);
            else if (random.Next(4) > 0)
                _source.Command(Operation.Set, key, $"{random.Next(100)}");
            else
                _source.Command(Operation.Delete, key);
        }
        _source.Show();
        ApplyAll(whole, _source.Range(1, _source.Last.Value + 1));
        _compact.Open(Here, Guid.Empty, new LogIndex(1), _source.Last.Next, Now);
        PumpCompact(take: records => ApplyAll(compacted, records));
        Assert.Equal(TransferStreamState.Complete, _compact.State);
        Assert.Equal((whole.Count, whole.Digest), (compacted.Count, compacted.Digest));
        // Of 3,000 some have gone: those before a set or a delete.
        Assert.InRange(_applied, 3_200, 5_000);
    }

    [Fact]
    public void A_stream_that_broke_off_goes_on_at_another_source_without_losing_a_key()
    {
        Fill(new Random(4), 2_000);
        _compact.Open(Here, Guid.Empty, new LogIndex(1), _source.Last.Next, Now);
        PumpCompact(release: 3);
        Assert.Equal(TransferStreamState.Open, _compact.State);
        Assert.InRange(_compact.Next.Value, 2ul, 1_999ul);
        _compact.Open(Here, Guid.Empty, _compact.Next, _source.Last.Next, Now);
        PumpCompact();
        Assert.Equal(TransferStreamState.Complete, _compact.State);
        Assert.Equal(_model, new SortedDictionary<string, (ulong, string)>(_state, StringComparer.Ordinal));
    }

    [Fact]
    public void A_range_without_a_command_is_complete_at_once()
    {
        _source.Other(RecordKind.NoOp);
        _source.Other(RecordKind.NoOp);
        _source.Show();
        _compact.Open(Here, Guid.Empty, new LogIndex(1), new LogIndex(3), Now);
        PumpCompact();
        Assert.Equal((TransferStreamState.Complete, 0), (_compact.State, _state.Count));
    }

    [Fact]
    public void Too_many_keys_are_refused_with_a_cure_and_others_are_served()
    {
        var pair = new TransferPair();
        using var small = new TestSource(
            pair.Listen(Here), options: new TransferServerOptions { CompactBytesMax = 1_500_000 });
        for (int i = 0; i < 40_000; i++)
            small.Command(Operation.Set, $"key {i}", "v");
        small.Show();
        var compact = new CompactStream(pair);
        var log = new LogStream(pair, 1);
        compact.Open(Here, Guid.Empty, new LogIndex(1), small.Last.Next, small.MonotonicMicros);
        log.Open(Here, Guid.Empty, default, LogIndex.Zero, small.MonotonicMicros);
        while (compact.State == TransferStreamState.Open || log.State == TransferStreamState.Open)
        {
            small.Server.DoWork();
            while (pair.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                if (log.TryAccept(address, header, body, small.MonotonicMicros, out ReadOnlySpan<byte> records)
                    && records.Length > 0)
                    log.Release(small.MonotonicMicros);
                compact.TryAccept(address, header, body, small.MonotonicMicros, out _);
            }
        }
        Assert.Equal(TransferRefusal.Overloaded, compact.Refusal);
        Assert.Contains("whole log", compact.Reason);
        Assert.Equal(TransferStreamState.Complete, log.State);
    }

    [Theory]
    [InlineData("first", "where 1 belongs")]
    [InlineData("until", "but was asked for")]
    [InlineData("count", "were announced")]
    [InlineData("bit", "checksum")]
    [InlineData("order", "has no place")]
    [InlineData("outside", "has no place")]
    [InlineData("kind", "has no place")]
    [InlineData("cut", "must begin")]
    [InlineData("end", "ends before index 3")]
    public void A_lie_is_noticed(string lie, string reason)
    {
        _source.Append(10);
        _source.Other(RecordKind.NoOp);
        _source.Show();
        _compact.Open(Here, Guid.Empty, new LogIndex(1), new LogIndex(12), Now);
        var chunk = new TransferHeader
        {
            Type = TransferMessageType.Chunk,
            Content = TransferContent.Compact,
            Stream = 1,
            First = new LogIndex(1),
            Until = new LogIndex(6),
            Count = 2,
        };
        byte[] body = [.. _source.Range(2, 3), .. _source.Range(5, 6)];
        (chunk, body) = lie switch
        {
            "first" => (chunk with { First = new LogIndex(2) }, body),
            "until" => (chunk with { Until = new LogIndex(13) }, body),
            "count" => (chunk with { Count = 3 }, body),
            "order" => (chunk, [.. _source.Range(5, 6), .. _source.Range(2, 3)]),
            "outside" => (chunk, [.. _source.Range(2, 3), .. _source.Range(7, 8)]),
            "kind" => (chunk with { Until = new LogIndex(12) }, [.. _source.Range(2, 3), .. _source.Range(11, 12)]),
            "cut" => (chunk, body[..^101]),
            "end" => (chunk with { Type = TransferMessageType.End, First = new LogIndex(3) }, []),
            _ => (chunk, body),
        };
        if (lie == "bit")
            body[^1] ^= 1;
        byte[] frame = new byte[TransferHeader.SizeBytes];
        chunk.Encode(frame);
        Assert.True(_compact.TryAccept(Here, frame, body, Now, out ReadOnlySpan<byte> records));
        Assert.True(records.IsEmpty);
        Assert.Equal(TransferStreamState.Untrue, _compact.State);
        Assert.Contains(reason, _compact.Reason);
    }

    private void Fill(Random random, int count)
    {
        for (ulong index = 1; index <= (ulong)count; index++)
        {
            string key = $"key {random.Next(300)}";
            string value = new('v', random.Next(random.Next(50) == 0 ? 5000 : 30));
            switch (random.Next(8))
            {
                case 0:
                    _source.Command(Operation.Delete, key);
                    _model[key] = (index, "");
                    break;
                case 1:
                    _source.Other(index % 2 == 0 ? RecordKind.NoOp : RecordKind.Command);
                    break;
                default:
                    _source.Command(Operation.Set, key, value);
                    _model[key] = (index, value);
                    break;
            }
        }
        _source.Show();
    }

    private void ApplyAll(KvStateMachine machine, byte[] records)
    {
        for (ReadOnlySpan<byte> rest = records; rest.Length > 0; rest = rest[(int)RecordCodec.Length(rest)..])
        {
            RecordHeader header = RecordCodec.Header(rest);
            Assert.True(CommandPayload.TryRead(
                header.Kind, rest.Slice(RecordHeader.SizeBytes, header.PayloadLength), out ReadOnlySpan<byte> command));
            machine.Apply(header.Index, 0, command, new ArrayBufferWriter<byte>());
            _applied++;
        }
    }

    private void PumpCompact(int release = int.MaxValue, Action<byte[]>? take = null)
    {
        bool any = true;
        while (any || (_source.Server.NextWorkMicros <= Now && release > 0))
        {
            _source.Server.DoWork();
            any = false;
            while (_pair.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                any = true;
                if (!_compact.TryAccept(address, header, body, Now, out ReadOnlySpan<byte> records) || records.IsEmpty)
                    continue;
                if (take is null)
                    Take(records);
                else
                    take(records.ToArray());
                if (release-- > 0)
                    _compact.Release(Now);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> records)
    {
        for (; records.Length > 0; records = records[(int)RecordCodec.Length(records)..])
        {
            RecordHeader header = RecordCodec.Header(records);
            Assert.True(header.Index.Value > _lastRecord);
            _lastRecord = header.Index.Value;
            Assert.True(KvCommandView.TryRead(
                records.Slice(RecordHeader.SizeBytes, header.PayloadLength), out KvCommandView command));
            _state.Add(
                Encoding.UTF8.GetString(command.Key), (header.Index.Value, Encoding.UTF8.GetString(command.Value)));
        }
    }
}
