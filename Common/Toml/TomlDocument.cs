using System.Text;

namespace Chorus.Common.Toml;

/// <summary>A document in TOML 1.0, read completely, with the place of every key and value.</summary>
public sealed class TomlDocument
{
    /// <summary>Longest file that is read, in bytes: a configuration, not a data set.</summary>
    public const int FileBytesMax = 16 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private TomlDocument(string file, TomlTable root)
    {
        File = file;
        Root = root;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>The table at the top.</summary>
    public TomlTable Root { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="TomlException">It is not TOML.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static TomlDocument Load(string path)
    {
        if (new FileInfo(path).Length > FileBytesMax)
            throw new TomlException(path, new TomlPosition(1, 1), $"the file has more than {FileBytesMax} bytes");
        return Parse(System.IO.File.ReadAllBytes(path), path);
    }

    /// <summary>Reads a document from memory.</summary>
    /// <param name="utf8">The bytes of the file.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="TomlException">It is not TOML.</exception>
    public static TomlDocument Parse(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        string text;
        try
        {
            text = StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException error)
        {
            ReadOnlySpan<byte> sound = utf8[..Math.Max(0, error.Index)];
            int line = 1 + sound.Count((byte)'\n');
            int column = 1 + Encoding.UTF8.GetCharCount(sound[(sound.LastIndexOf((byte)'\n') + 1)..]);
            throw new TomlException(file, new TomlPosition(line, column), "the file is not UTF-8");
        }
        return Parse(text, file);
    }

    /// <summary>Reads a document from a text.</summary>
    /// <param name="text">The text, without a byte order mark.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <exception cref="TomlException">It is not TOML.</exception>
    public static TomlDocument Parse(string text, string file) =>
        new(file, new TomlParser(new TomlScanner(file, text)).ReadDocument());
}
