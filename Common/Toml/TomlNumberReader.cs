using System.Globalization;

namespace Chorus.Common.Toml;

/// <summary>Reads integers in four bases and floating-point numbers from one word.</summary>
internal static class TomlNumberReader
{
    /// <summary>Reads a number.</summary>
    /// <param name="word">Everything between two separators.</param>
    /// <param name="position">Where it stands.</param>
    /// <param name="value">The number.</param>
    /// <param name="error">What is wrong, when the result is false.</param>
    public static bool TryRead(string word, TomlPosition position, out TomlValue? value, out string error)
    {
        value = null;
        error = "";
        bool signed = word[0] is '+' or '-';
        string digits = signed ? word[1..] : word;
        if (digits is "inf" or "nan")
        {
            double special = digits == "nan" ? double.NaN
                : word[0] == '-' ? double.NegativeInfinity
                : double.PositiveInfinity;
            value = new TomlValue(TomlKind.Float, special, position);
            return true;
        }
        if (digits.Length == 0 || !char.IsAsciiDigit(digits[0]))
        {
            error = NoValue(word);
            return false;
        }
        if (digits.Length > 1 && digits[0] == '0' && digits[1] is 'x' or 'o' or 'b')
            return TryReadPrefixed(word, signed, digits, position, out value, out error);
        if (HasMisplacedUnderscore(digits))
        {
            error = $"'{word}': an underscore in a number stands between two digits";
            return false;
        }
        return digits.AsSpan().ContainsAny('.', 'e', 'E')
            ? TryReadFloat(word, digits, position, out value, out error)
            : TryReadDecimal(word, digits, position, out value, out error);
    }

    private static bool TryReadPrefixed(
        string word, bool signed, string digits, TomlPosition position, out TomlValue? value, out string error)
    {
        value = null;
        int bits = digits[1] switch { 'x' => 4, 'o' => 3, _ => 1 };
        string body = digits[2..];
        if (signed || body.Length == 0 || HasMisplacedUnderscore(body))
        {
            error = signed ? $"'{word}': only decimal numbers have a sign"
                : body.Length == 0 ? $"'{word}' has no digits"
                : $"'{word}': an underscore in a number stands between two digits";
            return false;
        }
        ulong number = 0;
        foreach (char c in body.Where(c => c != '_'))
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= 1 << bits)
            {
                error = $"'{word}': '{c}' is no digit of a number that begins with 0{digits[1]}";
                return false;
            }
            if (number > (ulong)long.MaxValue >> bits)
            {
                error = TooLarge(word);
                return false;
            }
            number = (number << bits) | (uint)digit;
        }
        error = "";
        value = new TomlValue(TomlKind.Integer, (long)number, position);
        return true;
    }

    private static bool TryReadDecimal(
        string word, string digits, TomlPosition position, out TomlValue? value, out string error)
    {
        value = null;
        error = !AreDigits(digits) ? NoValue(word)
            : HasLeadingZero(digits) ? $"'{word}': a number does not begin with 0"
            : "";
        if (error.Length > 0)
            return false;
        string plain = word.Replace("_", "", StringComparison.Ordinal);
        if (!long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            error = TooLarge(word);
            return false;
        }
        value = new TomlValue(TomlKind.Integer, number, position);
        return true;
    }

    private static bool TryReadFloat(
        string word, string digits, TomlPosition position, out TomlValue? value, out string error)
    {
        value = null;
        int exponentAt = digits.AsSpan().IndexOfAny('e', 'E');
        string mantissa = exponentAt < 0 ? digits : digits[..exponentAt];
        string exponent = exponentAt < 0 ? "0" : digits[(exponentAt + 1)..].TrimStart('+', '-');
        string[] parts = mantissa.Split('.');
        bool doubleSign = exponentAt >= 0 && digits.Length - exponentAt - 1 - exponent.Length > 1;
        bool wellFormed = !doubleSign && parts.Length <= 2 && AreDigits(exponent) && parts.All(AreDigits);
        error = !wellFormed ? $"'{word}' is no number; write digits before and after the point and after the e"
            : HasLeadingZero(parts[0]) ? $"'{word}': a number does not begin with 0"
            : "";
        if (error.Length > 0)
            return false;
        string plain = word.Replace("_", "", StringComparison.Ordinal);
        value = new TomlValue(TomlKind.Float, double.Parse(plain, CultureInfo.InvariantCulture), position);
        return true;
    }

    private static bool AreDigits(string text) => text.Length > 0 && text.All(c => char.IsAsciiDigit(c) || c == '_');

    private static bool HasLeadingZero(string digits) => digits.Length > 1 && digits[0] == '0';

    private static bool HasMisplacedUnderscore(string digits)
    {
        for (int i = 0; i < digits.Length; i++)
        {
            bool isBetween = i > 0 && i < digits.Length - 1
                && char.IsAsciiHexDigit(digits[i - 1]) && char.IsAsciiHexDigit(digits[i + 1]);
            if (digits[i] == '_' && !isBetween)
                return true;
        }
        return false;
    }

    private static string NoValue(string word) => $"'{word}' is no value; a string needs quotation marks";

    private static string TooLarge(string word) =>
        $"'{word}' is not within {long.MinValue} to {long.MaxValue}";
}
