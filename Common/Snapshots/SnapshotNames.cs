using System.Globalization;
using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>Names of the files of snapshots in a data directory.</summary>
public static class SnapshotNames
{
    /// <summary>A snapshot that is being written; worth nothing after a crash.</summary>
    public const string Temp = "snapshot.tmp";

    /// <summary>A snapshot that is being fetched from another node; worth nothing after a crash.</summary>
    public const string Fetched = "snapshot.fetched";

    private const string Prefix = "snapshot-";

    /// <summary>Name of the snapshot of an index: <c>snapshot-</c> and 16 hexadecimal digits.</summary>
    public static string Of(LogIndex index) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index.Value:x16}");

    /// <summary>Reads the index out of a file name; false for other files.</summary>
    public static bool TryParse(string name, out LogIndex index)
    {
        index = LogIndex.Zero;
        if (name.Length != Prefix.Length + 16 || !name.StartsWith(Prefix, StringComparison.Ordinal)
            || !ulong.TryParse(
                name.AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out ulong value))
            return false;
        index = new LogIndex(value);
        return name == Of(index);
    }
}
