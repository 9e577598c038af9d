using Chorus.Common.Log;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>
/// Makes a data directory out of received records, from which a replica can start: a new node with a new incarnation,
/// a member of no configuration yet, that has the log already. Used by one thread.
/// </summary>
public sealed class DataDirectoryWriter : IDisposable
{
    private readonly NodeDirectory _directory;
    private readonly RecordLogFile _log;

    private DataDirectoryWriter(string path, NodeDirectory directory, Guid clusterId)
    {
        _directory = directory;
        _log = new RecordLogFile(path, directory.Storage, clusterId);
    }

    /// <summary>Makes the directory.</summary>
    /// <param name="path">A new or an empty directory.</param>
    /// <param name="nodeId">Name of the node that is to start from it.</param>
    /// <param name="clusterId">The cluster of the records.</param>
    /// <param name="stateBase">What the state machine held before entry 1, in words.</param>
    /// <exception cref="ChorusException">The directory holds something, or cannot be made.</exception>
    public static DataDirectoryWriter Create(string path, string nodeId, Guid clusterId, string stateBase)
    {
        RefuseUsed(path, "-out");
        NodeDirectory directory = NodeDirectory.Open(path, nodeId);
        try
        {
            directory.SetCluster(clusterId, stateBase, isFounder: false);
            return new DataDirectoryWriter(path, directory, clusterId);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a directory that holds something.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="flag">What names it.</param>
    /// <exception cref="ChorusException">It does.</exception>
    public static void RefuseUsed(string path, string flag)
    {
        if (Path.Exists(path) && (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw ChorusException.Failed(
                "not_empty", $"{flag}: {path} exists and is not empty",
                "Name a new directory; what stands in one is never overwritten");
        }
    }

    /// <summary>Appends verified records that continue those before; waits while the disk has too much to do.</summary>
    /// <exception cref="ChorusException">The disk is full or fails.</exception>
    public void Append(FetchedRecords records) => _log.Append(records);

    /// <summary>Makes everything durable, and says that all of it is committed.</summary>
    /// <exception cref="ChorusException">The disk is full or fails.</exception>
    public void Complete() => _log.Complete();

    /// <summary>Closes the files. Without <see cref="Complete"/> the directory holds a part of the log.</summary>
    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }
}
