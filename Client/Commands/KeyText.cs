using System.Text;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary>Keys and values as people write them: UTF-8, or hexadecimal with <c>-hex</c>.</summary>
internal sealed class KeyText(bool hex)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Bytes of what somebody wrote.</summary>
    /// <exception cref="ChorusException">Not hexadecimal, though it should be.</exception>
    public byte[] Read(string text, string what)
    {
        if (!hex)
            return Encoding.UTF8.GetBytes(text);
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw ChorusException.Usage(
                $"{what} '{text}' is not hexadecimal", "With -hex write two digits 0-9, a-f for each byte.");
        }
    }

    /// <summary>Text of bytes that are to be shown; bytes that are no UTF-8 become replacement characters.</summary>
    public string Show(ReadOnlySpan<byte> bytes) =>
        hex ? Convert.ToHexStringLower(bytes) : Encoding.UTF8.GetString(bytes);

    /// <summary>Whether <see cref="Show"/> loses nothing.</summary>
    public bool IsExact(ReadOnlySpan<byte> bytes)
    {
        if (hex)
            return true;
        try
        {
            Strict.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
