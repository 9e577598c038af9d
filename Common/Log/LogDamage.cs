using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Sentences for damaged files, all in one form: file, offset, what is wrong, what to do.</summary>
internal static class LogDamage
{
    private const string Remedy =
        "The node does not start on a damaged log, because it may have acknowledged what is missing. While a majority "
        + "of the other voters is healthy: remove this node from the cluster, move the data directory away, and join "
        + "again with an empty one. Otherwise restore the file from a copy.";

    private const string ReadersRemedy =
        "It was whole when it was written, so the disk gives back other bytes. Read this part of the log from another "
        + "replica or logger, look at the disk, and replace this folder before its node is started again.";

    /// <summary>A record that was acknowledged is not valid.</summary>
    public static LogCorruptionException Record(
        IStorage storage, string file, long offset, LogIndex index, string what) =>
        At(storage, file, offset, $"record {index} is damaged: {what}", Remedy);

    /// <summary>A whole file is not what it should be.</summary>
    public static LogCorruptionException File(IStorage storage, string file, string what) =>
        At(storage, file, 0, what, Remedy);

    /// <summary>Somebody who reads a log that another owns met a record that is not valid.</summary>
    public static LogCorruptionException Read(
        IStorage storage, string file, long offset, LogIndex index, string what) =>
        At(storage, file, offset, $"record {index} is damaged: {what}", ReadersRemedy);

    /// <summary>Somebody who reads a log that another owns met a file that is not what it should be.</summary>
    public static LogCorruptionException ReadFile(IStorage storage, string file, string what) =>
        At(storage, file, 0, what, ReadersRemedy);

    private static LogCorruptionException At(
        IStorage storage, string file, long offset, string what, string remedy)
    {
        string path = Path.Combine(storage.Location, file);
        return new LogCorruptionException($"{path}, offset {offset}: {what}. {remedy}", path, offset);
    }
}
