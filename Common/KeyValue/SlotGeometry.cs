using System.Buffers.Text;
using System.Globalization;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Shape of a file of slots: the value of key <c>k</c>, an integer, stands in slot <c>k</c>. Part of what a replica
/// starts from, so all replicas of a cluster have the same.
/// </summary>
/// <param name="Slots">Number of slots; keys are 0 to <c>Slots - 1</c>. 1 to <see cref="SlotsMax"/>.</param>
/// <param name="SlotBytes">
/// Bytes of a slot with its header: a multiple of <see cref="SlotBytesUnit"/>, at most <see cref="SlotBytesMax"/>.
/// </param>
public readonly record struct SlotGeometry(long Slots, int SlotBytes)
{
    /// <summary>Slots are whole sectors, so that no write touches a sector of a neighbour.</summary>
    public const int SlotBytesUnit = 512;

    /// <summary>Largest slot, in bytes.</summary>
    public const int SlotBytesMax = 1 << 20;

    /// <summary>Most slots.</summary>
    public const long SlotsMax = int.MaxValue;

    private const string Prefix = "slots ";

    /// <summary>Longest value that a slot holds.</summary>
    public int ValueBytesMax => SlotBytes - SlotHeader.SizeBytes;

    /// <summary>Bytes of all slots.</summary>
    public long LengthBytes => Slots * SlotBytes;

    /// <summary>Whether the numbers are within their limits.</summary>
    public bool IsValid => Slots is > 0 and <= SlotsMax
        && SlotBytes is > 0 and <= SlotBytesMax && SlotBytes % SlotBytesUnit == 0;

    /// <summary>In words, remembered with the data and compared between replicas.</summary>
    public string Base => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Slots},{SlotBytes}");

    /// <summary>Reads <see cref="Base"/>; false for what a replica without slots starts from.</summary>
    public static bool TryParse(string stateBase, out SlotGeometry geometry)
    {
        geometry = default;
        if (!stateBase.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        string[] parts = stateBase[Prefix.Length..].Split(',');
        bool sound = parts.Length == 2
            & long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long slots)
            & int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int slotBytes);
        geometry = new SlotGeometry(slots, slotBytes);
        return sound && geometry.IsValid;
    }

    /// <summary>
    /// Reads a key as clients write it: digits only, without leading zeros, so that each slot has one name.
    /// </summary>
    public bool TryParseKey(ReadOnlySpan<byte> text, out long key)
    {
        key = -1;
        bool isPlain = !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && (text.Length == 1 || text[0] != '0');
        return isPlain && Utf8Parser.TryParse(text, out key, out int used) && used == text.Length && key < Slots;
    }

    /// <summary>Writes a key as clients do.</summary>
    /// <param name="key">The key.</param>
    /// <param name="into">At least 20 bytes.</param>
    public static ReadOnlySpan<byte> KeyText(long key, Span<byte> into)
    {
        Utf8Formatter.TryFormat(key, into, out int length);
        return into[..length];
    }
}
