namespace Chorus.Common.Toml;

/// <summary>A text and a place in it; knows what TOML allows between tokens.</summary>
internal sealed class TomlScanner
{
    /// <summary>Stands for the end of the text; no document may contain it.</summary>
    public const char End = '\0';

    private readonly string _file;
    private readonly string _text;
    private readonly List<int> _lineStarts = [0];

    public TomlScanner(string file, string text)
    {
        _file = file;
        _text = text;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
                _lineStarts.Add(i + 1);
        }
    }

    /// <summary>Offset of the next character.</summary>
    public int Offset { get; set; }

    public bool AtEnd => Offset >= _text.Length;

    public char Next => Peek(0);

    public char Peek(int ahead) => Offset + ahead < _text.Length ? _text[Offset + ahead] : End;

    public bool StartsWith(string expected) =>
        _text.AsSpan(Math.Min(Offset, _text.Length)).StartsWith(expected, StringComparison.Ordinal);

    public bool TryTake(char expected)
    {
        if (AtEnd || Next != expected)
            return false;
        Offset++;
        return true;
    }

    public string Slice(int from, int until) => _text[from..until];

    public void SkipBlanks()
    {
        while (Next is ' ' or '\t')
            Offset++;
    }

    /// <summary>Passes over blanks and a comment up to the end of the line or text, and over that.</summary>
    public void ExpectEndOfLine(string after)
    {
        SkipBlanks();
        SkipComment();
        if (!AtEnd && !TryTakeNewline())
            throw Fail($"{DescribeNext()} after {after}; each key and each header has a line of its own");
    }

    public bool TryTakeNewline()
    {
        if (TryTake('\n'))
            return true;
        if (Next != '\r' || Peek(1) != '\n')
            return false;
        Offset += 2;
        return true;
    }

    /// <summary>Passes over blanks, comments and line ends.</summary>
    public void SkipBlankLines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TryTakeNewline());
    }

    public static bool IsForbiddenControl(char c) => c is (< ' ' and not '\t') or '\x7f';

    public TomlPosition PositionOf(int offset)
    {
        int line = _lineStarts.BinarySearch(offset);
        line = line < 0 ? ~line - 1 : line;
        int column = 1;
        for (int i = _lineStarts[line]; i < offset && i < _text.Length; i++)
            column += char.IsLowSurrogate(_text[i]) ? 0 : 1;
        return new TomlPosition(line + 1, column);
    }

    public TomlException Fail(string problem) => Fail(Offset, problem);

    public TomlException Fail(int offset, string problem) => Fail(PositionOf(offset), problem);

    public TomlException Fail(TomlPosition position, string problem) => new(_file, position, problem);

    /// <summary>The next character in words, for errors.</summary>
    public string DescribeNext()
    {
        if (AtEnd)
            return "the file ends";
        if (Next is '\n' or '\r')
            return "the line ends";
        return char.IsControl(Next) ? $"control character U+{(int)Next:X4}" : $"unexpected '{Rune()}'";
    }

    private string Rune() =>
        char.IsHighSurrogate(Next) && char.IsLowSurrogate(Peek(1)) ? _text.Substring(Offset, 2) : Next.ToString();

    private void SkipComment()
    {
        if (Next != '#')
            return;
        while (!AtEnd && Next != '\n' && !(Next == '\r' && Peek(1) == '\n'))
        {
            if (IsForbiddenControl(Next))
                throw Fail($"control character U+{(int)Next:X4} in a comment");
            Offset++;
        }
    }
}
