namespace Chorus.Tests.House;

/// <summary>
/// C# text with everything blanked that is not code: comments, strings (raw, verbatim, interpolated, holes included)
/// and characters. Positions and line breaks stay where they were.
/// </summary>
internal sealed class CSharpText
{
    private readonly string _text;
    private readonly char[] _code;
    private int _at;

    private CSharpText(string text)
    {
        _text = text;
        _code = text.ToCharArray();
    }

    /// <summary>The code of a text.</summary>
    public static string CodeOf(string text)
    {
        CSharpText reader = new(text);
        reader.SkipCode(inHole: false);
        return new string(reader._code);
    }

    // Passes over code; inside the hole of an interpolated string up to the brace that closes it.
    private void SkipCode(bool inHole)
    {
        int depth = 0;
        while (_at < _text.Length)
        {
            if (SkipTrivia() || SkipLiteral())
                continue;
            char c = _text[_at];
            if (c == '{')
                depth++;
            if (c == '}' && --depth < 0 && inHole)
                return;
            _at++;
        }
    }

    private bool SkipTrivia()
    {
        if (StartsWith("//"))
            BlankTo(EndOf("\n", _at));
        else if (StartsWith("/*"))
            BlankTo(EndOf("*/", _at + 2));
        else
            return false;
        return true;
    }

    private bool SkipLiteral()
    {
        if (_text[_at] == '\'')
        {
            BlankTo(EndOfQuoted('\'', _at + 1));
            return true;
        }

        int start = _at;
        int dollars = 0;
        bool verbatim = false;
        while (start < _text.Length && _text[start] is '$' or '@')
        {
            if (_text[start++] == '$')
                dollars++;
            else
                verbatim = true;
        }

        if (start >= _text.Length || _text[start] != '"')
            return false;
        int quotes = 0;
        while (start + quotes < _text.Length && _text[start + quotes] == '"')
            quotes++;
        int from = _at;
        if (quotes >= 3)
            _at = EndOf(new string('"', quotes), start + quotes);
        else if (verbatim)
            SkipVerbatim(start + 1, dollars > 0);
        else if (dollars > 0)
            SkipInterpolated(start + 1);
        else
            _at = EndOfQuoted('"', start + 1);
        Blank(from, _at);
        return true;
    }

    private void SkipVerbatim(int at, bool interpolated)
    {
        for (_at = at; _at < _text.Length; _at++)
        {
            if (StartsWith("\"\""))
                _at++;
            else if (_text[_at] == '"')
                break;
            else if (interpolated && !SkipHole())
                _at++;
        }

        _at = Math.Min(_at + 1, _text.Length);
    }

    private void SkipInterpolated(int at)
    {
        for (_at = at; _at < _text.Length && _text[_at] is not ('"' or '\n'); _at++)
        {
            if (_text[_at] == '\\' || !SkipHole())
                _at++;
        }

        _at = Math.Min(_at + 1, _text.Length);
    }

    // False at a doubled brace, of which one remains to be passed.
    private bool SkipHole()
    {
        if (_text[_at] != '{')
            return true;
        if (StartsWith("{{"))
            return false;
        _at++;
        SkipCode(inHole: true);
        return true;
    }

    private int EndOfQuoted(char quote, int at)
    {
        while (at < _text.Length && _text[at] != quote && _text[at] != '\n')
            at += _text[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, _text.Length);
    }

    private int EndOf(string closing, int from)
    {
        int end = _text.IndexOf(closing, Math.Min(from, _text.Length), StringComparison.Ordinal);
        return end < 0 ? _text.Length : end + closing.Length;
    }

    private bool StartsWith(string value) => _text.AsSpan(_at).StartsWith(value, StringComparison.Ordinal);

    private void BlankTo(int until)
    {
        Blank(_at, until);
        _at = Math.Max(until, _at + 1);
    }

    private void Blank(int from, int until)
    {
        for (int at = from; at < until && at < _code.Length; at++)
        {
            if (_code[at] != '\n')
                _code[at] = ' ';
        }
    }
}
