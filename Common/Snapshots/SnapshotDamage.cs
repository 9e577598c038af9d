using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>Sentences for damaged snapshots: file, offset, what is wrong, what to do.</summary>
internal static class SnapshotDamage
{
    private const string Remedy =
        "The node goes on from an older snapshot or from its whole log where it has them. Otherwise, while a majority "
        + "of the other voters is healthy: remove this node from the cluster, move the data directory away, and join "
        + "again with an empty one; or restore the file from a copy.";

    public static LogCorruptionException At(IStorage storage, string name, long offset, string what)
    {
        string path = Path.Combine(storage.Location, name);
        return new LogCorruptionException(
            $"{path}, offset {offset}: the snapshot is damaged: {what}. {Remedy}", path, offset);
    }
}
