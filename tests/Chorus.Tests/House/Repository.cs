using System.Text.RegularExpressions;

namespace Chorus.Tests.House;

/// <summary>The files of the tree that people write, without what tools make.</summary>
internal static class Repository
{
    private static readonly HashSet<string> Made =
    [
        ".git", "bin", "obj", "artifacts", "runs", "data", ".native", ".vs", ".idea", "TestResults", "__pycache__",
        "node_modules",
    ];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file, by path relative to <see cref="Root"/> with forward slashes, in order.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Walk("").Order(StringComparer.Ordinal)];

    /// <summary>C# files.</summary>
    public static IEnumerable<string> Sources => Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>Markdown files.</summary>
    public static IEnumerable<string> Documents => Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal));

    /// <summary>Text of a file.</summary>
    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>Lines of a file.</summary>
    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    /// <summary>Whether a file or folder exists, relative to <see cref="Root"/>.</summary>
    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>Whether a file lies below one of the folders.</summary>
    public static bool IsIn(string file, params string[] folders) =>
        folders.Any(folder => file.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Where a pattern occurs in a text, as <c>file:line: matched text</c>.</summary>
    public static IEnumerable<string> Find(string file, string text, Regex pattern) =>
        pattern.Matches(text).Select(match => $"{file}:{LineAt(text, match.Index)}: {match.Value.Trim()}");

    /// <summary>Line, from 1, of a position.</summary>
    public static int LineAt(string text, int position) => text.AsSpan(0, position).Count('\n') + 1;

    /// <summary>Fails with every violation named.</summary>
    public static void Expect(string rule, IEnumerable<string> violations)
    {
        string[] all = [.. violations];
        Assert.True(all.Length == 0, $"{rule}\n  {string.Join("\n  ", all)}");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Chorus.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("No Chorus.slnx above the test's own folder.");
    }

    private static IEnumerable<string> Walk(string folder)
    {
        string path = Path.Combine(Root, folder);
        foreach (string file in Directory.EnumerateFiles(path))
            yield return Join(folder, Path.GetFileName(file));
        foreach (string child in Directory.EnumerateDirectories(path))
        {
            string name = Path.GetFileName(child);
            if (Made.Contains(name) || File.GetAttributes(child).HasFlag(FileAttributes.ReparsePoint))
                continue;
            foreach (string file in Walk(Join(folder, name)))
                yield return file;
        }
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
