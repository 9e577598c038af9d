using System.Text;

namespace Chorus.Common.Toml;

/// <summary>Reads the four kinds of strings.</summary>
internal static class TomlStringReader
{
    /// <summary>Reads the string at the scanner, which stands at a quotation mark.</summary>
    public static string Read(TomlScanner scanner)
    {
        char quote = scanner.Next;
        return scanner.StartsWith(new string(quote, 3)) ? ReadMultiline(scanner, quote) : ReadLine(scanner, quote);
    }

    /// <summary>Reads a string of one line: the only kind that a key can be.</summary>
    public static string ReadLine(TomlScanner scanner, char quote)
    {
        int start = scanner.Offset++;
        var text = new StringBuilder();
        while (!scanner.TryTake(quote))
        {
            if (scanner.AtEnd || scanner.Next is '\n' or '\r')
                throw scanner.Fail(start, $"the string is not closed with {quote} on its line");
            ReadCharacter(scanner, quote, text);
        }
        return text.ToString();
    }

    private static string ReadMultiline(TomlScanner scanner, char quote)
    {
        int start = scanner.Offset;
        scanner.Offset += 3;
        scanner.TryTakeNewline();
        var text = new StringBuilder();
        while (true)
        {
            if (scanner.AtEnd)
                throw scanner.Fail(start, $"the string is not closed with {new string(quote, 3)}");
            if (scanner.Next == quote)
            {
                if (TakeQuotes(scanner, quote, text))
                    return text.ToString();
            }
            else if (scanner.Next == '\r' && scanner.Peek(1) == '\n')
            {
                text.Append("\r\n");
                scanner.Offset += 2;
            }
            else if (scanner.TryTake('\n'))
                text.Append('\n');
            else if (!(quote == '"' && SkipLineContinuation(scanner)))
                ReadCharacter(scanner, quote, text);
        }
    }

    // One or two quotation marks are text, also right before the three that close the string.
    private static bool TakeQuotes(TomlScanner scanner, char quote, StringBuilder text)
    {
        int run = 0;
        while (run < 5 && scanner.TryTake(quote))
            run++;
        text.Append(quote, run >= 3 ? run - 3 : run);
        return run >= 3;
    }

    // A backslash that nothing but blanks follow on its line joins the line with the next text.
    private static bool SkipLineContinuation(TomlScanner scanner)
    {
        if (scanner.Next != '\\')
            return false;
        int start = scanner.Offset++;
        scanner.SkipBlanks();
        if (!scanner.TryTakeNewline())
        {
            scanner.Offset = start;
            return false;
        }
        do
            scanner.SkipBlanks();
        while (scanner.TryTakeNewline());
        return true;
    }

    private static void ReadCharacter(TomlScanner scanner, char quote, StringBuilder text)
    {
        if (TomlScanner.IsForbiddenControl(scanner.Next))
        {
            throw scanner.Fail($"control character U+{(int)scanner.Next:X4} in a string"
                + (quote == '"' ? $"; write \\u{(int)scanner.Next:X4}" : ""));
        }
        if (quote == '"' && scanner.Next == '\\')
            ReadEscape(scanner, text);
        else
        {
            text.Append(scanner.Next);
            scanner.Offset++;
        }
    }

    private static void ReadEscape(TomlScanner scanner, StringBuilder text)
    {
        int start = scanner.Offset++;
        char letter = scanner.Next;
        scanner.Offset++;
        switch (letter)
        {
            case 'b': text.Append('\b'); break;
            case 't': text.Append('\t'); break;
            case 'n': text.Append('\n'); break;
            case 'f': text.Append('\f'); break;
            case 'r': text.Append('\r'); break;
            case '"': text.Append('"'); break;
            case '\\': text.Append('\\'); break;
            case 'u': text.Append(ReadCodePoint(scanner, start, 4)); break;
            case 'U': text.Append(ReadCodePoint(scanner, start, 8)); break;
            default:
                throw scanner.Fail(
                    start,
                    "unknown escape in a string; write \\\\ for a backslash, or put the string in single quotes");
        }
    }

    private static string ReadCodePoint(TomlScanner scanner, int start, int digits)
    {
        int code = 0;
        for (int i = 0; i < digits; i++)
        {
            if (!char.IsAsciiHexDigit(scanner.Next) || code > 0xFFFFFF)
            {
                char letter = digits == 4 ? 'u' : 'U';
                throw scanner.Fail(start, $"\\{letter} needs {digits} hexadecimal digits of a character");
            }
            code = (code << 4) | Convert.ToInt32(scanner.Next.ToString(), 16);
            scanner.Offset++;
        }
        return Rune.IsValid(code)
            ? char.ConvertFromUtf32(code)
            : throw scanner.Fail(start, $"U+{code:X4} is no Unicode character");
    }
}
