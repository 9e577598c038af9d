using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Chorus.Common.Protocol;

/// <summary>
/// The ad-hoc text form of the key-value protocol, one command a frame, on the same socket as the binary one:
/// <c>get-[key]</c>, <c>set-[key]-[value]</c>, <c>delete-[key]</c>, <c>cas-[key]-[expected]-[value]</c>,
/// <c>incr-[key]</c> and <c>incr-[key]-[delta]</c>. Lower case; keys and values are any bytes.
/// </summary>
/// <remarks>
/// In brackets the key ends at the first <c>]-[</c> and the value at the last bracket. Without brackets the
/// key of a set ends at the first hyphen. A key that begins with a bracket must itself stand in brackets. A
/// compare-and-set takes brackets only and expects a value; an increment is answered with the sum.
/// </remarks>
public static class TextCommand
{
    private const string Form = "Send get-[key], set-[key]-[value], delete-[key], cas-[key]-[expected]-[value] or "
        + "incr-[key]-[delta], in lower case";
    private const int QuotedBytesMax = 24;

    private static ReadOnlySpan<byte> Get => "get-"u8;
    private static ReadOnlySpan<byte> Set => "set-"u8;
    private static ReadOnlySpan<byte> Delete => "delete-"u8;
    private static ReadOnlySpan<byte> CompareAndSet => "cas-"u8;
    private static ReadOnlySpan<byte> Increment => "incr-"u8;
    private static ReadOnlySpan<byte> Separator => "]-["u8;

    /// <summary>
    /// Whether a frame is meant as text, if perhaps misspelt: it begins with letters, as no <c>Requests</c>
    /// message does.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> frame)
    {
        const int Prefix = 3;
        if (frame.Length < Prefix)
            return false;
        foreach (byte letter in frame[..Prefix])
        {
            if (!char.IsAsciiLetter((char)letter))
                return false;
        }
        return true;
    }

    /// <summary>Translates a text command into a serialized <see cref="KvCommand"/>.</summary>
    /// <param name="frame">The frame, unchecked.</param>
    /// <param name="command">Where the command goes; untouched when it is invalid.</param>
    /// <param name="message">What is wrong, when it is invalid.</param>
    /// <param name="cure">What to send instead, when it is invalid.</param>
    public static TextCommandKind Parse(
        ReadOnlySpan<byte> frame, IBufferWriter<byte> command, out string message, out string cure)
    {
        cure = Form;
        if (!TryReadOperation(frame, out KvCommand.Types.Operation operation, out ReadOnlySpan<byte> rest))
        {
            message = $"'{Quote(frame)}' is not a command";
            return TextCommandKind.Invalid;
        }

        if (operation is KvCommand.Types.Operation.CompareAndSet or KvCommand.Types.Operation.Increment)
            return ParseRelative(operation, frame, rest, command, out message, out cure);
        ReadOnlySpan<byte> value = default;
        bool isSet = operation == KvCommand.Types.Operation.Set;
        bool split = isSet ? SplitPair(rest, out ReadOnlySpan<byte> key, out value) : SplitKey(rest, out key);
        if (!split || key.IsEmpty)
        {
            message = split ? $"'{Quote(frame)}' has an empty key"
                : isSet ? $"'{Quote(frame)}' has no value"
                : $"'{Quote(frame)}' opens a bracket and does not close it";
            if (isSet)
                cure = "Send set-[key]-[value]";
            return TextCommandKind.Invalid;
        }
        KvCommandView.Write(command, operation, key, value);
        (message, cure) = ("", "");
        return operation == KvCommand.Types.Operation.Get ? TextCommandKind.Read : TextCommandKind.Write;
    }

    /// <summary>Writes the answer to a text command.</summary>
    /// <param name="output">Where to: one frame.</param>
    /// <param name="kind">What <see cref="Parse"/> made of the command.</param>
    /// <param name="response">The answer as it would go to a client of the binary protocol.</param>
    public static void Render(IBufferWriter<byte> output, TextCommandKind kind, Response response) =>
        Render(output, kind, response.Code, response.Payload.Span, response.Message, response.Cure, response.Leader);

    /// <summary>Writes the answer to a text command, from its parts.</summary>
    public static void Render(
        IBufferWriter<byte> output,
        TextCommandKind kind,
        Code code,
        ReadOnlySpan<byte> payload,
        string message = "",
        string cure = "",
        string leader = "")
    {
        switch (code)
        {
            case Code.Ok when kind == TextCommandKind.Read:
                output.Write(payload);
                return;
            case Code.Ok:
                output.Write(payload.IsEmpty ? "ok"u8 : payload);
                return;
            case Code.ConditionFailed:
                output.Write("condition failed: "u8);
                output.Write(payload);
                return;
            case Code.NotFound:
                output.Write("not found"u8);
                return;
        }
        if (message.Length == 0)
            message = Describe(code);
        if (cure.Length == 0 && code == Code.NotLeader)
            cure = leader.Length == 0 ? "Try again when one is elected" : $"Send it to {leader}";
        string text = $"error: {Sentence(message)}{(cure.Length == 0 ? "" : " " + Sentence(cure))}";
        Encoding.UTF8.GetBytes(text, output);
    }

    private static TextCommandKind ParseRelative(
        KvCommand.Types.Operation operation, ReadOnlySpan<byte> frame, ReadOnlySpan<byte> rest,
        IBufferWriter<byte> command, out string message, out string cure)
    {
        bool isIncrement = operation == KvCommand.Types.Operation.Increment;
        cure = isIncrement ? "Send incr-[key] or incr-[key]-[delta]" : "Send cas-[key]-[expected]-[value]";
        message = $"'{Quote(frame)}' makes no sense";
        long delta = 1;
        ReadOnlySpan<byte> key;
        if (isIncrement)
        {
            // A key in brackets may be followed by what to add; without, all of it is the key.
            bool isKnown = SplitPair(rest, out key, out ReadOnlySpan<byte> added) && rest[0] == (byte)'['
                ? Utf8Parser.TryParse(added, out delta, out int used) && used == added.Length
                : SplitKey(rest, out key);
            if (!isKnown || key.IsEmpty)
                return TextCommandKind.Invalid;
            KvCommandView.WriteIncrement(command, key, delta);
        }
        else
        {
            int behind = rest.IndexOf(Separator);
            if (behind < 1 || rest[0] != (byte)'['
                || !SplitPair(rest[(behind + 2)..], out ReadOnlySpan<byte> expected, out ReadOnlySpan<byte> value))
                return TextCommandKind.Invalid;
            key = rest[1..behind];
            if (key.IsEmpty)
                return TextCommandKind.Invalid;
            KvCommandView.WriteCompareAndSet(command, key, expectsValue: true, expected, value);
        }
        (message, cure) = ("", "");
        return TextCommandKind.Write;
    }

    private static bool TryReadOperation(
        ReadOnlySpan<byte> frame, out KvCommand.Types.Operation operation, out ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> word = Get;
        operation = KvCommand.Types.Operation.Get;
        if (frame.StartsWith(Set))
        {
            word = Set;
            operation = KvCommand.Types.Operation.Set;
        }
        else if (frame.StartsWith(Delete))
        {
            word = Delete;
            operation = KvCommand.Types.Operation.Delete;
        }
        else if (frame.StartsWith(CompareAndSet))
        {
            word = CompareAndSet;
            operation = KvCommand.Types.Operation.CompareAndSet;
        }
        else if (frame.StartsWith(Increment))
        {
            word = Increment;
            operation = KvCommand.Types.Operation.Increment;
        }
        rest = frame[Math.Min(word.Length, frame.Length)..];
        return frame.StartsWith(word);
    }

    private static bool SplitKey(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> key)
    {
        key = rest;
        if (!rest.StartsWith((byte)'['))
            return true;
        if (rest.Length < 2 || rest[^1] != ']')
            return false;
        key = rest[1..^1];
        return true;
    }

    private static bool SplitPair(ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = value = default;
        if (!rest.StartsWith((byte)'['))
        {
            int hyphen = rest.IndexOf((byte)'-');
            if (hyphen < 0)
                return false;
            key = rest[..hyphen];
            value = rest[(hyphen + 1)..];
            return true;
        }
        int separator = rest.IndexOf(Separator);
        int valueFrom = separator + Separator.Length;
        if (separator < 0 || rest[^1] != ']' || valueFrom > rest.Length - 1)
            return false;
        key = rest[1..separator];
        value = rest[valueFrom..^1];
        return true;
    }

    private static string Describe(Code code) => code switch
    {
        Code.NotLeader => "this replica is not the leader",
        Code.BadRequest => "the command makes no sense",
        Code.TooLarge => "key or value is over the server's limit",
        Code.Overloaded => "too many requests are waiting; nothing was written",
        Code.DiskFull => "the leader's disk is full; nothing was written",
        Code.SessionExpired => "the session is unknown or has expired; nothing was written",
        Code.OutcomeUnknown => "the outcome is unknown: the write may or may not have been applied",
        _ => "internal error; the outcome is unknown",
    };

    private static string Sentence(string text) => text[^1] is '.' or '!' or '?' ? text : text + ".";

    private static string Quote(ReadOnlySpan<byte> frame)
    {
        var quoted = new StringBuilder();
        foreach (byte part in frame[..Math.Min(frame.Length, QuotedBytesMax)])
            quoted.Append(part is >= 0x20 and < 0x7f ? (char)part : '?');
        return frame.Length > QuotedBytesMax ? quoted.Append("...").ToString() : quoted.ToString();
    }
}
