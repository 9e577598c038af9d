using System.Buffers;
using System.Text;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Tests.Kvstore;

public sealed class TextCommandTests
{
    [Theory]
    [InlineData("get-[k]", "Get", "k", "")]
    [InlineData("get-k", "Get", "k", "")]
    [InlineData("get-a-b", "Get", "a-b", "")]
    [InlineData("get-[a]-[b]", "Get", "a]-[b", "")]
    [InlineData("get-[[a]]", "Get", "[a]", "")]
    [InlineData("get-a]", "Get", "a]", "")]
    [InlineData("delete-[k k]", "Delete", "k k", "")]
    [InlineData("delete-k", "Delete", "k", "")]
    [InlineData("set-[k]-[v]", "Set", "k", "v")]
    [InlineData("set-[k]-[]", "Set", "k", "")]
    [InlineData("set-[a-b]-[c-d]", "Set", "a-b", "c-d")]
    [InlineData("set-[a]-[b]-[c]", "Set", "a", "b]-[c")]
    [InlineData("set-[[a]]-[[b]]", "Set", "[a]", "[b]")]
    [InlineData("set-k-v", "Set", "k", "v")]
    [InlineData("set-k-v-w", "Set", "k", "v-w")]
    [InlineData("set-k-", "Set", "k", "")]
    [InlineData("set-k-[v]", "Set", "k", "[v]")]
    [InlineData("set-[ключ]-[значение]", "Set", "ключ", "значение")]
    public void Reads_both_forms_of_every_command(string text, string operation, string key, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] frame = Encoding.UTF8.GetBytes(text);
        TextCommandKind kind = TextCommand.Parse(frame, output, out string message, out string cure);
        Assert.Equal(operation == "Get" ? TextCommandKind.Read : TextCommandKind.Write, kind);
        Assert.Equal(("", ""), (message, cure));
        KvCommand command = KvCommand.Parser.ParseFrom(output.WrittenSpan);
        Assert.Equal(operation, command.Operation.ToString());
        Assert.Equal(key, command.Key.ToStringUtf8());
        Assert.Equal(value, command.Value.ToStringUtf8());
    }

    [Theory]
    [InlineData("incr-[k]", "k", 1)]
    [InlineData("incr-k", "k", 1)]
    [InlineData("incr-a-5", "a-5", 1)]
    [InlineData("incr-[k]-[5]", "k", 5)]
    [InlineData("incr-[k]-[-5]", "k", -5)]
    public void Reads_increments_in_both_forms(string text, string key, long delta)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(
            TextCommandKind.Write, TextCommand.Parse(Encoding.UTF8.GetBytes(text), output, out _, out _));
        KvCommand command = KvCommand.Parser.ParseFrom(output.WrittenSpan);
        Assert.Equal(
            ("Increment", key, delta), (command.Operation.ToString(), command.Key.ToStringUtf8(), command.Delta));
    }

    [Theory]
    [InlineData("cas-[k]-[old]-[new]", "k", "old", "new")]
    [InlineData("cas-[k]-[]-[]", "k", "", "")]
    [InlineData("cas-[a-b]-[c-d]-[e]-[f]", "a-b", "c-d", "e]-[f")]
    public void Reads_compare_and_sets_in_brackets(string text, string key, string expected, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(
            TextCommandKind.Write, TextCommand.Parse(Encoding.UTF8.GetBytes(text), output, out _, out _));
        KvCommand command = KvCommand.Parser.ParseFrom(output.WrittenSpan);
        Assert.True(command.HasExpected);
        Assert.Equal(
            (key, expected, value),
            (command.Key.ToStringUtf8(), command.Expected.ToStringUtf8(), command.Value.ToStringUtf8()));
    }

    [Theory]
    [InlineData("cas-k-old-new")]
    [InlineData("cas-[k]-[old]")]
    [InlineData("cas-[]-[old]-[new]")]
    [InlineData("cas-")]
    [InlineData("incr-")]
    [InlineData("incr-[]")]
    [InlineData("incr-[k]-[x]")]
    [InlineData("incr-[k]-[1.5]")]
    [InlineData("incr-[k")]
    public void Says_what_to_send_instead_of_a_relative_command_that_makes_no_sense(string text)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] frame = Encoding.UTF8.GetBytes(text);
        Assert.Equal(TextCommandKind.Invalid, TextCommand.Parse(frame, output, out string message, out string cure));
        Assert.Contains(text, message, StringComparison.Ordinal);
        Assert.StartsWith("Send ", cure, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory]
    [InlineData("get-", "'get-' has an empty key")]
    [InlineData("get-[]", "'get-[]' has an empty key")]
    [InlineData("get-[", "'get-[' opens a bracket and does not close it")]
    [InlineData("get-[k", "'get-[k' opens a bracket and does not close it")]
    [InlineData("delete-[k]x", "'delete-[k]x' opens a bracket and does not close it")]
    [InlineData("set-", "'set-' has no value")]
    [InlineData("set-k", "'set-k' has no value")]
    [InlineData("set-[k]", "'set-[k]' has no value")]
    [InlineData("set-[k]-[", "'set-[k]-[' has no value")]
    [InlineData("set-[k]-[v", "'set-[k]-[v' has no value")]
    [InlineData("set-[k]-v", "'set-[k]-v' has no value")]
    [InlineData("set--v", "'set--v' has an empty key")]
    [InlineData("set-[]-[v]", "'set-[]-[v]' has an empty key")]
    [InlineData("GET-[k]", "'GET-[k]' is not a command")]
    [InlineData("get [k]", "'get [k]' is not a command")]
    [InlineData("help\n", "'help?' is not a command")]
    [InlineData("append-[something that goes on and on]", "'append-[something that g...' is not a command")]
    public void Says_what_is_wrong_and_what_to_send(string text, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] frame = Encoding.UTF8.GetBytes(text);
        Assert.True(TextCommand.IsText(frame));
        Assert.Equal(TextCommandKind.Invalid, TextCommand.Parse(frame, output, out string message, out string cure));
        Assert.Equal(expected, message);
        Assert.Contains("Send ", cure, StringComparison.Ordinal);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void Never_takes_a_binary_message_for_text()
    {
        Assert.False(TextCommand.IsText([]));
        var random = new Random(3);
        for (int i = 0; i < 1000; i++)
        {
            byte[] body = new byte[random.Next(200)];
            random.NextBytes(body);
            var request = new Request { Id = (ulong)i, Write = ByteString.CopyFrom(body) };
            var requests = new Requests { Requests_ = { request } };
            Assert.False(TextCommand.IsText(requests.ToByteArray()));
        }
    }

    [Theory]
    [InlineData(TextCommandKind.Write, Code.Ok, "", "", "", "", "ok")]
    [InlineData(TextCommandKind.Write, Code.Ok, "42", "", "", "", "42")]
    [InlineData(TextCommandKind.Write, Code.ConditionFailed, "old", "", "", "", "condition failed: old")]
    [InlineData(TextCommandKind.Read, Code.Ok, "value", "", "", "", "value")]
    [InlineData(TextCommandKind.Read, Code.Ok, "", "", "", "", "")]
    [InlineData(TextCommandKind.Read, Code.NotFound, "", "", "", "", "not found")]
    [InlineData(TextCommandKind.Write, Code.NotFound, "", "", "", "", "not found")]
    [InlineData(TextCommandKind.Write, Code.NotLeader, "", "", "", "127.0.0.1:11001",
        "error: this replica is not the leader. Send it to 127.0.0.1:11001.")]
    [InlineData(TextCommandKind.Write, Code.NotLeader, "", "", "", "",
        "error: this replica is not the leader. Try again when one is elected.")]
    [InlineData(TextCommandKind.Invalid, Code.BadRequest, "", "it is wrong", "Do it right", "",
        "error: it is wrong. Do it right.")]
    [InlineData(TextCommandKind.Write, Code.TooLarge, "", "too long; use less.", "", "", "error: too long; use less.")]
    public void Renders_each_answer(
        TextCommandKind kind, Code code, string payload, string message, string cure, string leader, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        var response = new Response
        {
            Code = code,
            Payload = ByteString.CopyFromUtf8(payload),
            Message = message,
            Cure = cure,
            Leader = leader,
        };
        TextCommand.Render(output, kind, response);
        Assert.Equal(expected, Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Every_code_has_words()
    {
        foreach (Code code in Enum.GetValues<Code>())
        {
            var output = new ArrayBufferWriter<byte>();
            TextCommand.Render(output, TextCommandKind.Write, code, default);
            Assert.NotEqual(0, output.WrittenCount);
        }
    }
}
