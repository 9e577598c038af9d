using System.Globalization;

namespace Chorus.Common.Hosting;

/// <summary>Sizes as people write them: a number of bytes, or one with K, M, G or T.</summary>
public static class SizeText
{
    /// <summary>Reads a size.</summary>
    /// <param name="flag">The flag with its hyphen, for the error.</param>
    /// <param name="text">Such as <c>500M</c>.</param>
    /// <param name="leastBytes">Smallest size.</param>
    /// <param name="least">The same in words.</param>
    /// <exception cref="ChorusException">It is no size, or too small a one.</exception>
    public static long Parse(string flag, string text, long leastBytes, string least)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => 0,
        };
        string digits = shift > 0 ? text[..^1] : text;
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number <= long.MaxValue >> shift && number << shift >= leastBytes
            ? number << shift
            : throw ChorusException.Usage(
                $"{flag}: '{text}' is no size of at least {least}",
                "Write a number of bytes, or one with K, M, G or T");
    }
}
