namespace Chorus.Common.Toml;

/// <summary>
/// Reads a document: headers, keys, arrays, inline tables, and the rules on what may be defined twice.
/// </summary>
internal sealed class TomlParser(TomlScanner scanner)
{
    /// <summary>
    /// Deepest nesting of arrays and inline tables, so that no document can exhaust the stack.
    /// </summary>
    private const int DepthMax = 100;

    private readonly TomlTable _root = new(new TomlPosition(1, 1), TomlTableOrigin.Header, 0);
    private int _section;
    private int _depth;
    private int _inlineSection;

    /// <summary>Reads everything.</summary>
    public TomlTable ReadDocument()
    {
        TomlTable current = _root;
        while (true)
        {
            scanner.SkipBlankLines();
            if (scanner.AtEnd)
                return _root;
            if (scanner.Next == '[')
            {
                current = ReadHeader();
                scanner.ExpectEndOfLine("a header");
            }
            else
            {
                ReadKeyValue(current, 0);
                scanner.ExpectEndOfLine("a value");
            }
        }
    }

    private TomlTable ReadHeader()
    {
        bool isArray = scanner.Peek(1) == '[';
        scanner.Offset += isArray ? 2 : 1;
        _section++;
        List<TomlKeyPart> path = ReadPath();
        string closing = isArray ? "]]" : "]";
        if (!scanner.StartsWith(closing))
            throw scanner.Fail($"{scanner.DescribeNext()} where the header needs {closing}");
        scanner.Offset += closing.Length;

        TomlTable parent = _root;
        foreach (TomlKeyPart part in path.SkipLast(1))
            parent = DescendForHeader(parent, part);
        return isArray ? AppendElement(parent, path) : DefineTable(parent, path);
    }

    private TomlTable DescendForHeader(TomlTable parent, TomlKeyPart part)
    {
        if (!parent.TryGet(part.Name, out TomlEntry entry))
            return AddTable(parent, part, TomlTableOrigin.Implicit, _section);
        if (entry.Value.IsArrayOfTables)
            return entry.Value.AsArray[^1].AsTable;
        if (entry.Value.Kind != TomlKind.Table)
            throw NotATable(part, entry);
        TomlTable table = entry.Value.AsTable;
        return table.Origin == TomlTableOrigin.Inline ? throw IsComplete(part, entry) : table;
    }

    private TomlTable DefineTable(TomlTable parent, List<TomlKeyPart> path)
    {
        TomlKeyPart last = path[^1];
        if (!parent.TryGet(last.Name, out TomlEntry entry))
            return AddTable(parent, last, TomlTableOrigin.Header, _section);
        if (entry.Value.Kind != TomlKind.Table)
            throw NotATable(last, entry);
        TomlTable table = entry.Value.AsTable;
        if (table.Origin != TomlTableOrigin.Implicit)
        {
            throw scanner.Fail(
                last.Position,
                $"table [{TomlKeyPart.Join(path)}] is already defined at line {table.Position.Line}");
        }
        table.Origin = TomlTableOrigin.Header;
        table.Position = last.Position;
        return table;
    }

    private TomlTable AppendElement(TomlTable parent, List<TomlKeyPart> path)
    {
        TomlKeyPart last = path[^1];
        var element = new TomlTable(last.Position, TomlTableOrigin.Header, _section);
        var value = new TomlValue(TomlKind.Table, element, last.Position);
        if (!parent.TryGet(last.Name, out TomlEntry entry))
        {
            var elements = new List<TomlValue> { value };
            parent.Add(
                last.Name,
                last.Position,
                new TomlValue(TomlKind.Array, elements, last.Position) { IsArrayOfTables = true });
        }
        else if (entry.Value.IsArrayOfTables)
            entry.Value.AddElement(value);
        else
        {
            string what = TomlValue.Describe(entry.Value.Kind);
            throw scanner.Fail(
                last.Position,
                $"[[{TomlKeyPart.Join(path)}]] cannot extend '{last.Name}', "
                    + $"{what} defined at line {entry.Position.Line}");
        }
        return element;
    }

    private void ReadKeyValue(TomlTable table, int section)
    {
        section = section == 0 ? _section : section;
        List<TomlKeyPart> path = ReadPath();
        if (!scanner.TryTake('='))
            throw scanner.Fail($"{scanner.DescribeNext()} where key '{TomlKeyPart.Join(path)}' needs a =");
        foreach (TomlKeyPart part in path.SkipLast(1))
            table = DescendForKey(table, part, section);
        TomlKeyPart last = path[^1];
        if (table.TryGet(last.Name, out TomlEntry entry))
        {
            throw scanner.Fail(
                last.Position,
                $"key '{TomlKeyPart.Join(path)}' is already defined at line {entry.Position.Line}");
        }
        scanner.SkipBlanks();
        table.Add(last.Name, last.Position, ReadValue());
    }

    private TomlTable DescendForKey(TomlTable table, TomlKeyPart part, int section)
    {
        if (!table.TryGet(part.Name, out TomlEntry entry))
            return AddTable(table, part, TomlTableOrigin.Dotted, section);
        if (entry.Value.Kind != TomlKind.Table)
            throw NotATable(part, entry);
        TomlTable inner = entry.Value.AsTable;
        bool isOpen = inner.Origin == TomlTableOrigin.Implicit
            || (inner.Origin == TomlTableOrigin.Dotted && inner.Section == section);
        if (!isOpen)
            throw IsComplete(part, entry);
        inner.Origin = TomlTableOrigin.Dotted;
        inner.Section = section;
        return inner;
    }

    private static TomlTable AddTable(TomlTable parent, TomlKeyPart part, TomlTableOrigin origin, int section)
    {
        var table = new TomlTable(part.Position, origin, section);
        parent.Add(part.Name, part.Position, new TomlValue(TomlKind.Table, table, part.Position));
        return table;
    }

    private List<TomlKeyPart> ReadPath()
    {
        var path = new List<TomlKeyPart>();
        do
        {
            scanner.SkipBlanks();
            int start = scanner.Offset;
            string name = scanner.Next is '"' or '\''
                ? TomlStringReader.ReadLine(scanner, scanner.Next)
                : ReadBareKey();
            path.Add(new TomlKeyPart(name, scanner.PositionOf(start)));
            scanner.SkipBlanks();
        }
        while (scanner.TryTake('.'));
        return path;
    }

    private string ReadBareKey()
    {
        int start = scanner.Offset;
        while (char.IsAsciiLetterOrDigit(scanner.Next) || scanner.Next is '-' or '_')
            scanner.Offset++;
        return scanner.Offset > start
            ? scanner.Slice(start, scanner.Offset)
            : throw scanner.Fail($"{scanner.DescribeNext()} where a key is expected"
                + (scanner.Next > '\x7f' ? "; put it in quotation marks" : ""));
    }

    private TomlValue ReadValue()
    {
        TomlPosition position = scanner.PositionOf(scanner.Offset);
        switch (scanner.Next)
        {
            case '"' or '\'':
                return new TomlValue(TomlKind.String, TomlStringReader.Read(scanner), position);
            case '[' or '{':
                if (++_depth > DepthMax)
                    throw scanner.Fail($"arrays and tables are nested more than {DepthMax} deep");
                TomlValue nested = scanner.Next == '[' ? ReadArray(position) : ReadInlineTable(position);
                _depth--;
                return nested;
            default:
                return ReadWord(position);
        }
    }

    private TomlValue ReadArray(TomlPosition position)
    {
        var elements = new List<TomlValue>();
        int start = scanner.Offset++;
        while (true)
        {
            scanner.SkipBlankLines();
            if (scanner.TryTake(']'))
                return new TomlValue(TomlKind.Array, elements, position);
            if (scanner.AtEnd)
                throw scanner.Fail(start, "the array is not closed with ]");
            elements.Add(ReadValue());
            scanner.SkipBlankLines();
            if (!scanner.TryTake(',') && scanner.Next != ']')
                throw scanner.Fail(scanner.AtEnd ? start : scanner.Offset, "the array needs a , or ] after a value");
        }
    }

    private TomlValue ReadInlineTable(TomlPosition position)
    {
        int section = --_inlineSection;
        var table = new TomlTable(position, TomlTableOrigin.Inline, section);
        scanner.Offset++;
        scanner.SkipBlanks();
        if (scanner.TryTake('}'))
            return new TomlValue(TomlKind.Table, table, position);
        do
        {
            ReadKeyValue(table, section);
            scanner.SkipBlanks();
        }
        while (scanner.TryTake(','));
        if (!scanner.TryTake('}'))
        {
            throw scanner.Fail(
                $"{scanner.DescribeNext()} where the inline table needs a , or }}; it stands on one line");
        }
        return new TomlValue(TomlKind.Table, table, position);
    }

    private TomlValue ReadWord(TomlPosition position)
    {
        int start = scanner.Offset;
        TakeWord();
        if (scanner.Offset == start)
            throw scanner.Fail($"{scanner.DescribeNext()} where a value is expected");
        string word = scanner.Slice(start, scanner.Offset);
        if (word is "true" or "false")
            return new TomlValue(TomlKind.Boolean, word == "true", position);
        if (TomlDateReader.LooksLikeDate(word))
        {
            // A blank may stand between date and time.
            if (word.Length == 10 && scanner.Next == ' ' && char.IsAsciiDigit(scanner.Peek(1)))
            {
                scanner.Offset++;
                TakeWord();
                word = scanner.Slice(start, scanner.Offset);
            }
            return TomlDateReader.TryRead(word, position) ?? throw scanner.Fail(
                position, $"'{word}' is no date or time; write them like 2024-05-17T09:30:00Z");
        }
        return TomlNumberReader.TryRead(word, position, out TomlValue? value, out string error)
            ? value!
            : throw scanner.Fail(position, error);
    }

    private void TakeWord()
    {
        while (char.IsLetterOrDigit(scanner.Next) || scanner.Next is '+' or '-' or '_' or '.' or ':')
            scanner.Offset++;
    }

    private TomlException NotATable(TomlKeyPart part, TomlEntry entry) => scanner.Fail(
        part.Position,
        $"'{part.Name}' is {TomlValue.Describe(entry.Value.Kind)} since line {entry.Position.Line}, not a table");

    private TomlException IsComplete(TomlKeyPart part, TomlEntry entry) => scanner.Fail(
        part.Position,
        $"table '{part.Name}' was completed at line {entry.Position.Line}; nothing can be added to it here");
}
