using Chorus.Tests.House;

namespace Chorus.Tests.Compatibility;

/// <summary>
/// Data as it was written by a version of its time, stored in the tree: every version since must read it. A folder for
/// each set of formats, named by a number that rises whenever one of them is raised; what is stored is never changed.
/// </summary>
internal static class StoredFormats
{
    /// <summary>Set this variable to <c>1</c> to have the newest folder written, where it is not there yet.</summary>
    public const string RenewVariable = "CHORUS_STORE_FORMATS";

    /// <summary>What the messages are called in a folder.</summary>
    public const string MessagesName = "messages.txt";

    /// <summary>What a folder says about the states in it.</summary>
    public const string ExpectedName = "expected.txt";

    /// <summary>The formats that today's code writes.</summary>
    public const int Newest = 1;

    private static readonly string Root = Path.Combine(
        Repository.Root, "tests", "Chorus.Tests", "Compatibility", "stored");

    public static IEnumerable<int> All => Enumerable.Range(1, Newest);

    /// <summary>The folder of a set of formats.</summary>
    public static string Folder(int number) => Path.Combine(Root, $"{number}");

    /// <summary>A copy of one of its directories, to be opened.</summary>
    public static string Copy(int number, string directory, string into)
    {
        string copy = Path.Combine(into, $"{directory}-{number}");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Path.Combine(Folder(number), directory)))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    /// <summary>A value that a folder names.</summary>
    public static string Expected(int number, string name) =>
        File.ReadLines(Path.Combine(Folder(number), ExpectedName)).Single(line => line.StartsWith($"{name} "))
            [(name.Length + 1)..];

    /// <summary>Its messages by name, each with its frames.</summary>
    public static Dictionary<string, byte[][]> Messages(int number) =>
        File.ReadLines(Path.Combine(Folder(number), MessagesName)).Select(line => line.Split(' ')).ToDictionary(
            parts => parts[0], parts => parts[1..].Select(Convert.FromHexString).ToArray());

    /// <summary>All files below a folder, by their paths in it, without those that name a process.</summary>
    public static SortedDictionary<string, byte[]> Files(string folder) => new(
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file) is not ("lock" or "pid"))
            .ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllBytes),
        StringComparer.Ordinal);
}
