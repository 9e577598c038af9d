using System.Globalization;
using Chorus.Common.Hosting;

namespace Chorus.Common.KeyValue;

/// <summary>
/// What a store holds before its first command: keys 0 to N-1 in decimal, each with a value of at signs.
/// </summary>
/// <param name="Count">How many keys.</param>
/// <param name="ValueBytes">Length of each value.</param>
public readonly record struct Preload(int Count, int ValueBytes)
{
    private const int CountMax = 100_000_000;

    /// <summary>In words, remembered with the data and compared between replicas; empty: nothing.</summary>
    public string Base => Count == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"preload {Count},{ValueBytes}");

    /// <summary>Reads <c>N,SIZE</c>.</summary>
    /// <exception cref="ChorusException">It is something else.</exception>
    public static Preload Parse(string text)
    {
        string[] parts = text.Split(',');
        bool sound = parts.Length == 2
            & int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            & int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int valueBytes);
        if (!sound || count > CountMax)
        {
            throw ChorusException.Usage(
                $"-preload: '{text}' is not a number of keys, a comma and a number of bytes",
                $"Write it as in -preload 1000,128, with at most {CountMax} keys");
        }
        return new Preload(count, valueBytes);
    }

    /// <summary>Puts the entries into an empty store.</summary>
    public void Fill(KvStateMachine store)
    {
        byte[] value = new byte[ValueBytes];
        value.AsSpan().Fill((byte)'@');
        Span<byte> key = stackalloc byte[10];
        for (int i = 0; i < Count; i++)
        {
            i.TryFormat(key, out int length, provider: CultureInfo.InvariantCulture);
            store.Load(key[..length], value);
        }
    }
}
