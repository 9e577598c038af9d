using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Sentences for damaged files, all in one form: file, offset, what is wrong, what to do.</summary>
internal static class LogDamage
{
    private const string Remedy =
        "It was acknowledged, so it is never cut off. A node that is started on it fetches what is missing from the "
        + "other members and the observers of its cluster, and takes part again when it has it. Where nobody has it: "
        + "restore the file from a copy.";

    private const string NoRemedy =
        "No other node has what stood in this file. While a majority of the other voters is healthy: remove this node "
        + "from the cluster, move the data directory away, and join again with an empty one. Otherwise restore the "
        + "file from a copy.";

    private const string VoteRemedy =
        "Nobody else knows in which terms this node has voted, so it must not vote or acknowledge under its name "
        + "again. Replace it: 'Client members remove ID' through any other member, move the data directory away, and "
        + "join again with an empty one. Do not put an older copy of the file there: it would vote twice.";

    private const string ReadersRemedy =
        "It was whole when it was written, so the disk gives back other bytes. Read this part of the log from another "
        + "replica or logger and look at the disk; its node repairs the log at its next start.";

    /// <summary>A record that was acknowledged is not valid.</summary>
    public static LogCorruptionException Record(
        IStorage storage, string file, long offset, LogIndex index, string what) =>
        At(storage, file, offset, $"record {index} is damaged: {what}", Remedy);

    /// <summary>Records are missing, or not those that the rest of the log continues.</summary>
    public static LogCorruptionException Missing(IStorage storage, string file, string what) =>
        At(storage, file, 0, what, Remedy);

    /// <summary>A whole file is not what it should be, and that cannot be repaired.</summary>
    public static LogCorruptionException File(IStorage storage, string file, string what) =>
        At(storage, file, 0, what, NoRemedy);

    /// <summary>Term and vote are lost.</summary>
    public static LogCorruptionException HardState(IStorage storage, string what) =>
        At(storage, HardStateFile.Name, 0, what, VoteRemedy);

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
