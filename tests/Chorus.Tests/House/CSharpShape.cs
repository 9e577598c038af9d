using System.Text.RegularExpressions;

namespace Chorus.Tests.House;

/// <summary>Types and members of a C# file, found by counting braces. Rough, and enough for limits on size.</summary>
internal sealed partial class CSharpShape
{
    private readonly string _code;
    private readonly List<Block> _open = [];

    private CSharpShape(string text) => _code = CSharpText.CodeOf(text);

    /// <summary>Types declared outside other types.</summary>
    public List<DeclaredType> Types { get; } = [];

    /// <summary>Members with a body in braces.</summary>
    public List<DeclaredMember> Members { get; } = [];

    /// <summary>Namespace of the file, empty when it has none.</summary>
    public string Namespace { get; private set; } = "";

    /// <summary>Reads a file's text.</summary>
    public static CSharpShape Of(string text)
    {
        CSharpShape shape = new(text);
        shape.Namespace = NamespacePattern().Match(shape._code).Groups[1].Value;
        shape.Walk();
        return shape;
    }

    private void Walk()
    {
        int headerStart = 0;
        for (int at = 0; at < _code.Length; at++)
        {
            switch (_code[at])
            {
                case '{':
                    Open(headerStart, at);
                    headerStart = at + 1;
                    break;
                case '}':
                    Close(at);
                    headerStart = at + 1;
                    break;
                case ';':
                    Bodiless(headerStart, at);
                    headerStart = at + 1;
                    break;
            }
        }
    }

    private void Open(int headerStart, int at)
    {
        string header = _code[headerStart..at];
        Match type = TypePattern().Match(header);
        bool isType = type.Success && !header.Contains("=>", StringComparison.Ordinal) && InTypeOrFile();
        if (isType)
            Declare(header, type);
        bool isTable = AssignmentPattern().IsMatch(header);
        bool isMember = !isType && !isTable && _open.Count > 0 && _open[^1].IsType;
        int start = SkipAttributes(headerStart);
        _open.Add(new Block(isType, isMember ? LastWord(_code[start..at]) : null, Repository.LineAt(_code, start)));
    }

    // Rows of test data are not part of the method below them.
    private int SkipAttributes(int at)
    {
        for (int depth = 0; at < _code.Length; at++)
        {
            if (_code[at] == '[')
                depth++;
            else if (depth > 0 && _code[at] == ']')
                depth--;
            else if (depth == 0 && !char.IsWhiteSpace(_code[at]))
                break;
        }

        return at;
    }

    private void Close(int at)
    {
        if (_open.Count == 0)
            return;
        Block block = _open[^1];
        _open.RemoveAt(_open.Count - 1);
        if (block.Member is not null)
            Members.Add(new DeclaredMember(block.Member, block.Line, Repository.LineAt(_code, at) - block.Line + 1));
    }

    // A record without a body.
    private void Bodiless(int headerStart, int at)
    {
        string header = _code[headerStart..at];
        Match type = TypePattern().Match(header);
        if (type.Success && InTypeOrFile() && !header.Contains("=>", StringComparison.Ordinal))
            Declare(header, type);
    }

    private void Declare(string header, Match type)
    {
        if (_open.Count == 0)
        {
            bool isValue = type.Groups["kind"].Value.Contains("record", StringComparison.Ordinal)
                || type.Groups["kind"].Value == "enum";
            Types.Add(new DeclaredType(type.Groups["name"].Value, IsPublic(header), isValue));
        }
    }

    private bool InTypeOrFile() => _open.Count == 0 || _open[^1].IsType;

    private static bool IsPublic(string header) => Regex.IsMatch(header, @"\bpublic\b");

    private static string LastWord(string header)
    {
        string name = header.Contains('(', StringComparison.Ordinal) ? header[..header.IndexOf('(')] : header;
        return name.Trim().Split([' ', '\n', '.'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault("?");
    }

    [GeneratedRegex(@"\bnamespace\s+([\w.]+)")]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(
        @"(?<![\w.<(,:])\b(?<kind>record\s+struct|record\s+class|record|class|struct|interface|enum)\s+(?<name>\w+)")]
    private static partial Regex TypePattern();

    [GeneratedRegex(@"(?<![=!<>])=(?![=>])[^()]*$")]
    private static partial Regex AssignmentPattern();

    private readonly record struct Block(bool IsType, string? Member, int Line);
}

/// <summary>A type: its name, whether others see it, and whether it is only values (a record or an enum).</summary>
internal readonly record struct DeclaredType(string Name, bool IsPublic, bool IsValue);

/// <summary>A member: its name, first line and number of lines.</summary>
internal readonly record struct DeclaredMember(string Name, int Line, int LineCount);
