using System.Text;

namespace Chorus.Common.KeyValue;

/// <summary>Why a command cannot be put into slots, and what to do.</summary>
internal static class SlotMessages
{
    private const int ShownBytes = 40;

    /// <summary>The key names no slot.</summary>
    public static string WrongKey(ReadOnlySpan<byte> key, SlotGeometry geometry)
    {
        string range = $"use one from 0 to {geometry.Slots - 1}, or start a cluster with more -slots";
        ReadOnlySpan<byte> digits = key[0] == '-' ? key[1..] : key;
        bool isNumber = !digits.IsEmpty && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && (digits.Length == 1 || digits[0] != '0');
        return isNumber
            ? $"the key {Shown(key)} is out of range; {range}"
            : $"the key '{Shown(key)}' is not a number in decimal without leading zeros; {range}";
    }

    /// <summary>The value does not fit.</summary>
    public static string LongValue(int bytes, SlotGeometry geometry) =>
        $"the value has {bytes} bytes and a slot of {geometry.SlotBytes} holds at most {geometry.ValueBytesMax}; "
        + "split the value or start a cluster with a larger -slotsize";

    private static string Shown(ReadOnlySpan<byte> key)
    {
        var text = new StringBuilder();
        foreach (byte b in key[..Math.Min(key.Length, ShownBytes)])
            text.Append(b is >= 0x20 and < 0x7F ? (char)b : '?');
        return text.Append(key.Length > ShownBytes ? "..." : "").ToString();
    }
}
