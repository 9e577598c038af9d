using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Sentences for damaged files, all in one form: file, offset, what is wrong, what to do.</summary>
internal static class LogDamage
{
    private const string Remedy =
        "The node does not start on a damaged log, because it may have acknowledged what is missing. While a majority "
        + "of the other voters is healthy: remove this node from the cluster, move the data directory away, and join "
        + "again with an empty one. Otherwise restore the file from a copy.";

    /// <summary>A record that was acknowledged is not valid.</summary>
    public static LogCorruptionException Record(
        IStorage storage, string file, long offset, LogIndex index, string what) =>
        new($"{Path.Combine(storage.Location, file)}, offset {offset}: record {index} is damaged: {what}. {Remedy}");

    /// <summary>A whole file is not what it should be.</summary>
    public static LogCorruptionException File(IStorage storage, string file, string what) =>
        new($"{Path.Combine(storage.Location, file)}, offset 0: {what}. {Remedy}");
}
