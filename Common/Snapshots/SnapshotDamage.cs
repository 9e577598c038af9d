using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>Sentences for damaged snapshots: file, offset, what is wrong, what to do.</summary>
internal static class SnapshotDamage
{
    private const string Remedy =
        "The node goes on from an older snapshot, from its whole log, or from a snapshot of another member. Look at "
        + "the disk.";

    public static LogCorruptionException At(IStorage storage, string name, long offset, string what)
    {
        string path = Path.Combine(storage.Location, name);
        return new LogCorruptionException(
            $"{path}, offset {offset}: the snapshot is damaged: {what}. {Remedy}", path, offset);
    }
}
