using System.Buffers.Text;
using Chorus.Common.Protocol;

namespace Chorus.Common.KeyValue;

/// <summary>What compare-and-set and increment make of what stands under a key; the same for every state.</summary>
internal static class RelativeCommand
{
    /// <summary>Longest number in decimal: a sign and 19 digits.</summary>
    public const int NumberBytesMax = 20;

    /// <summary>Computes what a command leaves behind.</summary>
    /// <param name="command">A compare-and-set or an increment.</param>
    /// <param name="exists">Whether there is a value.</param>
    /// <param name="current">The value.</param>
    /// <param name="number">Room for a sum, <see cref="NumberBytesMax"/> bytes.</param>
    /// <param name="length">Length of the sum; a compare-and-set leaves its own value behind.</param>
    /// <returns>False when its condition does not hold: everything stays as it is.</returns>
    public static bool TryApply(
        scoped in KvCommandView command, bool exists, scoped ReadOnlySpan<byte> current, Span<byte> number,
        out int length)
    {
        length = 0;
        if (command.Operation == KvCommand.Types.Operation.CompareAndSet)
            return exists == command.ExpectsValue && (!exists || current.SequenceEqual(command.Expected));
        long before = 0;
        if (exists && !TryParse(current, out before))
            return false;
        long sum = unchecked(before + command.Delta);
        bool overflows = ((before ^ sum) & (command.Delta ^ sum)) < 0;
        return !overflows && Utf8Formatter.TryFormat(sum, number, out length);
    }

    // Only what an increment would write itself: anything else is somebody's text.
    private static bool TryParse(ReadOnlySpan<byte> text, out long number)
    {
        Span<byte> canonical = stackalloc byte[NumberBytesMax];
        return Utf8Parser.TryParse(text, out number, out int used) && used == text.Length
            && Utf8Formatter.TryFormat(number, canonical, out int length) && canonical[..length].SequenceEqual(text);
    }
}
