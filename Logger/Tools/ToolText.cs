using System.Globalization;
using System.Text;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>Numbers, times and bytes as people read them.</summary>
internal static class ToolText
{
    // The last microsecond of the year 9999, behind which .NET has no dates.
    private const long TimeMax = 253_402_300_799_999_999;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>12,345.</summary>
    public static string Number(ulong number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>12,345.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>12.3 MB.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB"];
        double size = bytes;
        int unit = 0;
        while (size >= 1000 && unit < units.Length - 1)
        {
            size /= 1000;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? size : Math.Round(size, 1))} {units[unit]}");
    }

    /// <summary>2026-01-31T12:00:00.123456Z; the number itself where it is no date.</summary>
    /// <param name="micros">Microseconds since 1970.</param>
    public static string Time(long micros) => micros is >= 0 and <= TimeMax
        ? DateTime.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
            .ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)
        : micros.ToString(CultureInfo.InvariantCulture);

    /// <summary>The text of bytes, if they are text: UTF-8 without control characters.</summary>
    public static bool TryText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        return !text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t'));
    }

    /// <summary>Bytes in one line: their text, shortened, or what they are in hexadecimal.</summary>
    public static string OneLine(ReadOnlySpan<byte> bytes, int lengthMax)
    {
        ReadOnlySpan<byte> head = bytes[..Math.Min(bytes.Length, lengthMax * 4)];
        // A cut in the middle of a letter makes no text of the rest.
        int cut = head.Length;
        while (head.Length < bytes.Length && cut > 0 && head.Length - cut < 4 && (head[cut - 1] & 0xC0) == 0x80)
            cut--;
        if (head.Length < bytes.Length && cut > 0 && head[cut - 1] >= 0xC0)
            cut--;
        string line = TryText(head[..cut], out string text)
            ? text.ReplaceLineEndings(" ").Replace('\t', ' ')
            : "0x" + Convert.ToHexStringLower(bytes[..Math.Min(bytes.Length, lengthMax)]);
        return line.Length <= lengthMax && cut == bytes.Length ? line : Cut(line, lengthMax - 1) + "…";
    }

    private static string Cut(string line, int length)
    {
        length = Math.Clamp(length, 0, line.Length);
        return length > 0 && char.IsHighSurrogate(line[length - 1]) ? line[..(length - 1)] : line[..length];
    }

    /// <summary>The members that a configuration names, and after a joint one those that it comes from.</summary>
    public static string Members(Configuration configuration)
    {
        string names = string.Join(
            ' ', configuration.Members.Select(member => $"{member.Id}({member.Kind.ToString().ToLowerInvariant()})"));
        return configuration.Previous is { } previous ? $"{names} and still {Members(previous)}" : names;
    }
}
