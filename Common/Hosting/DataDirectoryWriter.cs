using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// Makes a data directory out of received records, from which a replica can start: a new node with a new incarnation,
/// a member of no configuration yet, that has the log already. Used by one thread.
/// </summary>
public sealed class DataDirectoryWriter : IDisposable
{
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(30);

    // The log takes whatever travels, also what other programs than Kvstore put into it.
    private static readonly LogOptions Options = new() { PayloadBytesMax = 16 << 20 };

    private readonly NodeDirectory _directory;
    private readonly DiskThread _disk;
    private readonly AutoResetEvent _diskDone = new(false);
    private readonly RecordLog _log;
    private readonly string _path;
    private Term _term;
    private long _hardStatesDurable;

    private DataDirectoryWriter(string path, NodeDirectory directory, Guid clusterId)
    {
        _path = path;
        _directory = directory;
        _disk = new DiskThread("disk", () => _diskDone.Set());
        _log = RecordLog.Open(directory.Storage, _disk, Options, clusterId);
    }

    /// <summary>Makes the directory.</summary>
    /// <param name="path">A new or an empty directory.</param>
    /// <param name="nodeId">Name of the node that is to start from it.</param>
    /// <param name="clusterId">The cluster of the records.</param>
    /// <param name="stateBase">What the state machine held before entry 1, in words.</param>
    /// <exception cref="ChorusException">The directory holds something, or cannot be made.</exception>
    public static DataDirectoryWriter Create(string path, string nodeId, Guid clusterId, string stateBase)
    {
        if (Path.Exists(path) && (!Directory.Exists(path) || Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw ChorusException.Failed(
                "not_empty", $"-out: {path} exists and is not empty",
                "Name a new directory; what stands in one is never overwritten");
        }
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

    /// <summary>Appends verified records that continue those before; waits while the disk has too much to do.</summary>
    /// <exception cref="ChorusException">The disk is full or fails.</exception>
    public void Append(FetchedRecords records)
    {
        WaitFor(() => _log.HasRoom(records.Bytes.Length));
        // The log's term must never be older than that of its end, whenever this process is killed.
        if (records.Last.Term > _term)
            _log.SaveHardState(new HardState(_term = records.Last.Term, NodeId.None, LogIndex.Zero));
        _log.AppendRecords(records.Bytes);
        _log.Flush();
    }

    /// <summary>Makes everything durable, and says that all of it is committed.</summary>
    /// <exception cref="ChorusException">The disk is full or fails.</exception>
    public void Complete()
    {
        WaitFor(() => _log.DurableIndex == _log.LastIndex);
        long saved = _log.SaveHardState(new HardState(_term, NodeId.None, _log.LastIndex));
        WaitFor(() => _hardStatesDurable >= saved);
    }

    /// <summary>Closes the files. Without <see cref="Complete"/> the directory holds a part of the log.</summary>
    public void Dispose()
    {
        _disk.Dispose();
        _log.Dispose();
        _directory.Dispose();
        _diskDone.Dispose();
    }

    private void WaitFor(Func<bool> condition)
    {
        while (true)
        {
            while (_log.TryTakeCompletion(out LogCompletion completion))
            {
                if (completion.Error is { } error)
                    throw Explain(error);
                _hardStatesDurable = completion.HardStates;
            }
            if (condition())
                return;
            _log.Flush();
            if (_log.IsDiskFull)
                throw Full();
            if (!_diskDone.WaitOne(DiskPatience))
                throw ChorusException.Failed("disk", $"-out: the disk of {_path} does nothing any more");
        }
    }

    private ChorusException Explain(Exception error) => error is DiskFullException
        ? Full()
        : ChorusException.Failed(
            "disk", $"-out: writing to {_path} failed: {error.Message}", "Use another disk, and remove what is there",
            error);

    private ChorusException Full() => ChorusException.Failed(
        "disk_full", $"-out: the disk of {_path} is full",
        "Make room or name a directory on another disk, and remove what is there");
}
