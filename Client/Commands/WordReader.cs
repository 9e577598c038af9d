using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Chorus.Client.Commands;

/// <summary>
/// Splits a line into words. 'Single quotes' take everything as it stands; "double quotes" know \" \\ \n \r \t \0.
/// </summary>
internal static class WordReader
{
    /// <summary>Reads a line.</summary>
    /// <param name="line">What somebody typed.</param>
    /// <param name="words">The words.</param>
    /// <param name="error">What is wrong, when the result is false.</param>
    public static bool TryRead(string line, out List<string> words, [NotNullWhen(false)] out string? error)
    {
        words = [];
        error = null;
        int at = 0;
        while (true)
        {
            while (at < line.Length && char.IsWhiteSpace(line[at]))
                at++;
            if (at == line.Length)
                return true;
            StringBuilder word = new();
            while (at < line.Length && !char.IsWhiteSpace(line[at]))
            {
                char c = line[at++];
                if (c is '\'' or '"')
                    error = ReadQuoted(line, ref at, c, word);
                else
                    word.Append(c);
                if (error is not null)
                    return false;
            }
            words.Add(word.ToString());
        }
    }

    private static string? ReadQuoted(string line, ref int at, char quote, StringBuilder word)
    {
        int begin = at;
        while (at < line.Length)
        {
            char c = line[at++];
            if (c == quote)
                return null;
            if (c == '\\' && quote == '"' && at < line.Length)
            {
                c = line[at++];
                int escape = "\"\\nrt0".IndexOf(c, StringComparison.Ordinal);
                if (escape < 0)
                    return $"'\\{c}' is not known in double quotes; use single quotes to take everything as it is";
                c = "\"\\\n\r\t\0"[escape];
            }
            word.Append(c);
        }
        return $"the quote at column {begin} is not closed";
    }
}
