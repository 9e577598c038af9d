namespace Chorus.Logger.Recording;

/// <summary>
/// The files of one text: <c>NAME-20260131.txt</c>, <c>NAME-20260131_001.txt</c> and so on. Where the text ends is read
/// from the files themselves, so it goes on there after any end of the process.
/// </summary>
internal sealed class TextFolder(string folder, string id)
{
    private const string Extension = ".txt";
    private const int BlockBytes = 64 << 10;

    /// <summary>The path that Serilog makes file names from.</summary>
    public string Pattern => Path.Combine(folder, id + "-" + Extension);

    /// <summary>
    /// Cuts off everything behind the last whole line of a record up to an index, such as a line that a crash tore.
    /// </summary>
    /// <param name="most">Index of the last record that may stay.</param>
    /// <returns>Index of the last record that is there; 0 when there is none.</returns>
    public ulong CutBehind(ulong most)
    {
        Directory.CreateDirectory(folder);
        foreach (string path in Directory.EnumerateFiles(folder, id + "-*" + Extension).Order(new ByRoll()).Reverse())
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
            if (TryFindEnd(file, most, out long end, out ulong index))
            {
                if (end < file.Length)
                    file.SetLength(end);
                return index;
            }
            file.SetLength(0);
        }
        return 0;
    }

    /// <summary>Looks backwards for the last whole line of a record up to an index.</summary>
    private static bool TryFindEnd(FileStream file, ulong most, out long end, out ulong index)
    {
        byte[] block = new byte[BlockBytes];
        // Everything from here on has been looked at. Lines are much shorter than a block.
        long looked = file.Length;
        while (looked > 0)
        {
            long start = Math.Max(0, looked - BlockBytes);
            file.Position = start;
            int length = file.ReadAtLeast(block, (int)(looked - start), throwOnEndOfStream: false);
            ReadOnlySpan<byte> bytes = block.AsSpan(0, (int)Math.Min(length, looked - start));
            int last = bytes.LastIndexOf((byte)'\n');
            while (last >= 0)
            {
                int before = bytes[..last].LastIndexOf((byte)'\n');
                if (before < 0 && start > 0)
                    break;
                if (RecordLine.TryIndex(bytes[(before + 1)..last], out index) && index <= most)
                {
                    end = start + last + 1;
                    return true;
                }
                last = before;
            }
            if (start == 0)
                break;
            looked = last > 0 ? start + last + 1 : start + 1;
        }
        (end, index) = (0, 0);
        return false;
    }

    /// <summary>By day, then by number.</summary>
    private sealed class ByRoll : IComparer<string>
    {
        public int Compare(string? x, string? y)
        {
            (string Day, int Number) a = Parts(x!), b = Parts(y!);
            int byDay = string.CompareOrdinal(a.Day, b.Day);
            return byDay != 0 ? byDay : a.Number.CompareTo(b.Number);
        }

        private static (string Day, int Number) Parts(string path)
        {
            string name = Path.GetFileNameWithoutExtension(path);
            int number = 0;
            int line = name.LastIndexOf('_');
            bool isNumbered = line > 0 && int.TryParse(name.AsSpan(line + 1), out number);
            return (isNumbered ? name[..line] : name, isNumbered ? number : 0);
        }
    }
}
