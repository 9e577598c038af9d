using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

public sealed class LookaheadTests
{
    [Fact]
    public void Tells_each_command_once_in_order_and_so_many_ahead()
    {
        var machine = new Listener { ExpectsAhead = 3 };
        var ahead = new Lookahead(machine, Records(10), new LogIndex(5));
        Assert.Equal([0, 1, 2], machine.Heard);
        ahead.Step();
        Assert.Equal([0, 1, 2, 3], machine.Heard);
        for (int i = 0; i < 20; i++)
            ahead.Step();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (byte)i), machine.Heard);
    }

    [Fact]
    public void Passes_over_records_without_a_command()
    {
        var machine = new Listener { ExpectsAhead = 8 };
        _ = new Lookahead(machine, Records(8, i => i % 2 == 0 ? RecordKind.NoOp : RecordKind.Command), new LogIndex(5));
        Assert.Equal([1, 3, 5, 7], machine.Heard);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(3, 2)]
    [InlineData(3, 0)]
    public void Says_nothing_to_who_wants_nothing_or_where_all_is_over_at_once(int wanted, int records)
    {
        var machine = new Listener { ExpectsAhead = wanted };
        var ahead = new Lookahead(machine, Records(records), new LogIndex(5));
        ahead.Step();
        Assert.Empty(machine.Heard);
    }

    private static byte[] Records(int count, Func<int, RecordKind>? kind = null)
    {
        var all = new List<byte>();
        ulong chain = 0;
        for (int i = 0; i < count; i++)
        {
            var record = new byte[RecordHeader.SizeBytes + 1];
            chain = RecordCodec.Encode(
                record, new LogIndex(5 + (ulong)i), new Term(1), chain, 0, kind?.Invoke(i) ?? RecordKind.Command,
                [(byte)i]);
            all.AddRange(record);
        }
        return [.. all];
    }

    private sealed class Listener : IStateMachine
    {
        public List<byte> Heard { get; } = [];

        public int ExpectsAhead { get; init; }

        public ulong Digest => 0;

        public void Expect(ReadOnlySpan<byte> command) => Heard.Add(command[0]);

        public Code Validate(ReadOnlySpan<byte> command, out string message) => throw new NotSupportedException();

        public Code Apply(
            LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response) =>
            throw new NotSupportedException();

        public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message) =>
            throw new NotSupportedException();
    }
}
