using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Chorus.Client.Acked;

/// <summary>
/// What a tracked value begins with: <c>run-caller-sequence-</c> in fixed width, so that every value of every run is
/// unlike any other. The rest of the value is filled with <c>@</c>.
/// </summary>
/// <param name="Run">Number of the run, chosen at random.</param>
/// <param name="Caller">Who wrote it.</param>
/// <param name="Sequence">Its how-manyeth write, from 1.</param>
internal readonly record struct ValueStamp(uint Run, int Caller, long Sequence)
{
    /// <summary>Least length of a tracked value.</summary>
    public const int Length = RunDigits + 1 + CallerDigits + 1 + SequenceDigits + 1;

    private const int RunDigits = 8;
    private const int CallerDigits = 6;
    private const int SequenceDigits = 12;

    /// <summary>Writes the stamp over the begin of a value and leaves the rest.</summary>
    public void WriteTo(Span<byte> value)
    {
        Utf8Formatter.TryFormat(Run, value, out _, new('x', RunDigits));
        value[RunDigits] = (byte)'-';
        Utf8Formatter.TryFormat(Caller, value[(RunDigits + 1)..], out _, new('d', CallerDigits));
        value[RunDigits + 1 + CallerDigits] = (byte)'-';
        Utf8Formatter.TryFormat(
            Sequence, value[(RunDigits + CallerDigits + 2)..], out _, new('d', SequenceDigits));
        value[Length - 1] = (byte)'-';
    }

    /// <summary>Reads a stamp back, if the value is one whole tracked value of the given length.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, int valueBytes, [NotNullWhen(true)] out ValueStamp stamp)
    {
        stamp = default;
        if (value.Length != valueBytes || value.Length < Length || value[Length..].ContainsAnyExcept((byte)'@'))
            return false;
        if (!Utf8Parser.TryParse(value[..RunDigits], out uint run, out int used, 'x') || used != RunDigits)
            return false;
        ReadOnlySpan<byte> rest = value[(RunDigits + 1)..];
        if (!Utf8Parser.TryParse(rest[..CallerDigits], out int caller, out used) || used != CallerDigits)
            return false;
        rest = rest[(CallerDigits + 1)..];
        if (!Utf8Parser.TryParse(rest[..SequenceDigits], out long sequence, out used) || used != SequenceDigits)
            return false;
        stamp = new ValueStamp(run, caller, sequence);
        return value[RunDigits] == '-' && value[RunDigits + CallerDigits + 1] == '-' && value[Length - 1] == '-';
    }
}
