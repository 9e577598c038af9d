using System.Buffers;
using System.Text;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Tests.Kvstore;

/// <summary>Compare-and-set and increment.</summary>
public sealed class RelativeCommandTests
{
    private readonly KvStateMachine _machine = new();
    private ulong _index;

    [Fact]
    public void A_compare_and_set_sets_what_it_finds_as_expected_and_nothing_else()
    {
        Assert.Equal((Code.Ok, ""), CompareAndSet("k", null, "one"));
        Assert.Equal((Code.ConditionFailed, "one"), CompareAndSet("k", null, "two"));
        Assert.Equal((Code.ConditionFailed, "one"), CompareAndSet("k", "", "two"));
        Assert.Equal((Code.ConditionFailed, "one"), CompareAndSet("k", "on", "two"));
        Assert.Equal((Code.Ok, ""), CompareAndSet("k", "one", ""));
        Assert.Equal((Code.Ok, ""), CompareAndSet("k", "", "two"));
        Assert.Equal("two", Value("k"));
        Assert.Equal((Code.ConditionFailed, ""), CompareAndSet("other", "", "x"));
        Assert.Equal(1, _machine.Count);
    }

    [Fact]
    public void An_increment_counts_in_decimal_from_nothing_and_answers_the_sum()
    {
        Assert.Equal((Code.Ok, "1"), Increment("k", 1));
        Assert.Equal((Code.Ok, "-4"), Increment("k", -5));
        Assert.Equal((Code.Ok, "-4"), Increment("k", 0));
        Assert.Equal((Code.Ok, "0"), Increment("k", 4));
        Assert.Equal("0", Value("k"));
    }

    [Theory]
    [InlineData("9223372036854775807", 1)]
    [InlineData("-9223372036854775808", -1)]
    [InlineData("9223372036854775808", 1)]
    [InlineData("abc", 1)]
    [InlineData("", 1)]
    [InlineData("01", 1)]
    [InlineData("+1", 1)]
    [InlineData("-0", 1)]
    [InlineData("1 ", 1)]
    [InlineData("1.0", 1)]
    public void What_is_no_number_or_would_not_fit_stays_as_it_is(string value, long delta)
    {
        CompareAndSet("k", null, value);
        ulong digest = _machine.Digest;
        Assert.Equal((Code.ConditionFailed, value), Increment("k", delta));
        Assert.Equal((digest, value), (_machine.Digest, Value("k")));
    }

    [Fact]
    public void The_ends_of_the_range_are_reached()
    {
        Assert.Equal("9223372036854775807", Increment("k", long.MaxValue).Answer);
        Assert.Equal("-1", Increment("k", long.MinValue).Answer);
        Assert.Equal("-9223372036854775808", Increment("m", long.MinValue).Answer);
    }

    [Fact]
    public void Commands_are_the_bytes_that_Protocol_Buffers_writes()
    {
        var output = new ArrayBufferWriter<byte>();
        KvCommandView.WriteIncrement(output, "key"u8, -300);
        Assert.Equal(
            new KvCommand
            {
                Operation = KvCommand.Types.Operation.Increment,
                Key = ByteString.CopyFromUtf8("key"),
                Delta = -300,
            }.ToByteArray(),
            output.WrittenSpan.ToArray());
        foreach (string? expected in new[] { null, "", "old" })
        {
            output.Clear();
            KvCommandView.WriteCompareAndSet(
                output, "key"u8, expected is not null, Encoding.UTF8.GetBytes(expected ?? ""), "new"u8);
            var command = new KvCommand
            {
                Operation = KvCommand.Types.Operation.CompareAndSet,
                Key = ByteString.CopyFromUtf8("key"),
                Value = ByteString.CopyFromUtf8("new"),
            };
            if (expected is not null)
                command.Expected = ByteString.CopyFromUtf8(expected);
            Assert.Equal(command.ToByteArray(), output.WrittenSpan.ToArray());
            Assert.True(KvCommandView.TryRead(output.WrittenSpan, out KvCommandView view));
            Assert.Equal(expected is not null, view.ExpectsValue);
            Assert.True(view.IsRelative);
        }
    }

    private (Code Code, string Answer) CompareAndSet(string key, string? expected, string value)
    {
        var command = new ArrayBufferWriter<byte>();
        KvCommandView.WriteCompareAndSet(
            command, Encoding.UTF8.GetBytes(key), expected is not null, Encoding.UTF8.GetBytes(expected ?? ""),
            Encoding.UTF8.GetBytes(value));
        return Apply(command);
    }

    private (Code Code, string Answer) Increment(string key, long delta)
    {
        var command = new ArrayBufferWriter<byte>();
        KvCommandView.WriteIncrement(command, Encoding.UTF8.GetBytes(key), delta);
        return Apply(command);
    }

    private (Code Code, string Answer) Apply(ArrayBufferWriter<byte> command)
    {
        Assert.Equal(Code.Ok, _machine.Validate(command.WrittenSpan, out _));
        var answer = new ArrayBufferWriter<byte>();
        Code code = _machine.Apply(new LogIndex(++_index), 0, command.WrittenSpan, answer);
        return (code, Encoding.UTF8.GetString(answer.WrittenSpan));
    }

    private string Value(string key)
    {
        var query = new ArrayBufferWriter<byte>();
        KvCommandView.Write(query, KvCommand.Types.Operation.Get, Encoding.UTF8.GetBytes(key), default);
        var answer = new ArrayBufferWriter<byte>();
        Assert.Equal(Code.Ok, _machine.Query(query.WrittenSpan, answer, out _));
        return Encoding.UTF8.GetString(answer.WrittenSpan);
    }
}
