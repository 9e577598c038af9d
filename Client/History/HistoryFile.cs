using System.Globalization;

namespace Chorus.Client.History;

/// <summary>
/// A history as text, for a checker of linearizability: <c>chorus-history 1</c>; a line for each operation with what
/// <see cref="HistoryEntry"/> has, in the order <c>number caller operation key expected delta called returned outcome
/// value found index</c>; and <c>end COUNT</c>, without which the file is not whole.
/// </summary>
internal static class HistoryFile
{
    private const int Version = 1;

    /// <summary>Writes a file, whole or not at all.</summary>
    /// <param name="path">Where to; overwritten.</param>
    /// <param name="entries">All operations.</param>
    public static void Write(string path, IReadOnlyCollection<HistoryEntry> entries)
    {
        string temporary = path + ".part";
        using (StreamWriter writer = new(temporary))
        {
            writer.NewLine = "\n";
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"chorus-history {Version}"));
            foreach (HistoryEntry entry in entries.OrderBy(entry => entry.CalledMicros))
                writer.WriteLine(Line(entry));
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {entries.Count}"));
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static string Line(HistoryEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Number} {entry.Caller} {entry.Operation} {entry.Key} {entry.Expected} {entry.Delta} "
            + $"{entry.CalledMicros} {entry.ReturnedMicros} {entry.Outcome} {entry.Value} "
            + $"{(entry.Found ? 1 : 0)} {entry.Index}");
}
