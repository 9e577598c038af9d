using System.Globalization;

namespace Chorus.Common.Toml;

/// <summary>Reads dates and times (RFC 3339) from one word. Digits beyond 100 ns are cut off.</summary>
internal static class TomlDateReader
{
    private const int DateLength = 10;
    private const int TimeLength = 8;

    /// <summary>Whether a word begins like a date or a time: <c>dddd-</c> or <c>dd:</c>.</summary>
    public static bool LooksLikeDate(string word) =>
        (word.Length >= 5 && word[4] == '-' && AreDigits(word, 0, 4))
        || (word.Length >= 3 && word[2] == ':' && AreDigits(word, 0, 2));

    /// <summary>Reads a date, a time, or both with or without an offset; null when it is none.</summary>
    public static TomlValue? TryRead(string word, TomlPosition position)
    {
        if (word[2] == ':')
        {
            return TryReadTime(word, out TimeOnly alone, out string rest) && rest.Length == 0
                ? new TomlValue(TomlKind.LocalTime, alone, position)
                : null;
        }
        if (word.Length < DateLength || !TryReadDate(word[..DateLength], out DateOnly date))
            return null;
        if (word.Length == DateLength)
            return new TomlValue(TomlKind.LocalDate, date, position);
        if (word[DateLength] is not ('T' or 't' or ' '))
            return null;
        if (!TryReadTime(word[(DateLength + 1)..], out TimeOnly time, out string offset))
            return null;
        DateTime local = date.ToDateTime(time);
        if (offset.Length == 0)
            return new TomlValue(TomlKind.LocalDateTime, local, position);
        if (!TryReadOffset(offset, out TimeSpan difference))
            return null;
        long utcTicks = local.Ticks - difference.Ticks;
        if (utcTicks < DateTime.MinValue.Ticks || utcTicks > DateTime.MaxValue.Ticks)
            return null;
        // The type knows offsets up to 14 hours only: beyond those the point in time is kept, without its
        // offset.
        bool fits = Math.Abs(difference.TotalHours) <= 14;
        DateTimeOffset moment = fits ? new(local, difference) : new(utcTicks, TimeSpan.Zero);
        return new TomlValue(TomlKind.OffsetDateTime, moment, position);
    }

    private static bool TryReadDate(string text, out DateOnly date) => DateOnly.TryParseExact(
        text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out date);

    private static bool TryReadTime(string text, out TimeOnly time, out string rest)
    {
        rest = "";
        time = default;
        if (text.Length < TimeLength || !TimeOnly.TryParseExact(
            text[..TimeLength], "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out time))
        {
            return false;
        }
        rest = text[TimeLength..];
        if (!rest.StartsWith('.'))
            return true;
        int digits = 0;
        long ticks = 0;
        while (digits + 1 < rest.Length && char.IsAsciiDigit(rest[digits + 1]))
        {
            if (digits < 7)
                ticks = (ticks * 10) + (rest[digits + 1] - '0');
            digits++;
        }
        for (int i = digits; i < 7; i++)
            ticks *= 10;
        time = time.Add(TimeSpan.FromTicks(ticks));
        rest = rest[(digits + 1)..];
        return digits > 0;
    }

    private static bool TryReadOffset(string text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "Z" or "z")
            return true;
        bool wellFormed = text.Length == 6 && text[0] is '+' or '-'
            && AreDigits(text, 1, 2) && text[3] == ':' && AreDigits(text, 4, 2);
        if (!wellFormed)
            return false;
        int hours = int.Parse(text.AsSpan(1, 2), CultureInfo.InvariantCulture);
        int minutes = int.Parse(text.AsSpan(4, 2), CultureInfo.InvariantCulture);
        offset = new TimeSpan(hours, minutes, 0) * (text[0] == '-' ? -1 : 1);
        return hours < 24 && minutes < 60;
    }

    private static bool AreDigits(string text, int from, int count) =>
        text.AsSpan(from, count).IndexOfAnyExceptInRange('0', '9') < 0;
}
