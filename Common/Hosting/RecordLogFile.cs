using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// The log of a directory that no node uses meanwhile: takes verified records as fast as the disk does. Used by one
/// thread.
/// </summary>
public sealed class RecordLogFile : IDisposable
{
    private static readonly TimeSpan DiskPatience = TimeSpan.FromSeconds(30);

    // The log takes whatever travels, also what other programs than Kvstore put into it.
    private static readonly LogOptions Options = new() { PayloadBytesMax = 16 << 20 };

    private readonly DiskThread _disk;
    private readonly AutoResetEvent _diskDone = new(false);
    private readonly RecordLog _log;
    private readonly string _path;
    private Term _term;
    private long _hardStatesDurable;

    /// <summary>Opens the log, or begins one.</summary>
    /// <param name="path">Where it is, for messages.</param>
    /// <param name="storage">The directory.</param>
    /// <param name="clusterId">The cluster of the records.</param>
    /// <param name="snapshot">What the newest snapshot beside it goes up to; null: there is none.</param>
    /// <exception cref="LogCorruptionException">What stands there is damaged.</exception>
    public RecordLogFile(string path, IStorage storage, Guid clusterId, RecordHeader? snapshot = null)
    {
        _path = path;
        _disk = new DiskThread("disk", () => _diskDone.Set());
        try
        {
            _log = RecordLog.Open(storage, _disk, Options, clusterId, default, snapshot);
        }
        catch
        {
            _disk.Dispose();
            _diskDone.Dispose();
            throw;
        }
        _term = _log.Recovered.HardState.Term;
    }

    /// <summary>The last record; before the first one what the next must continue.</summary>
    public RecordHeader Last => _log.LastIndex == _log.Base.Index ? _log.Base : _log.HeaderAt(_log.LastIndex);

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
        if (_log.LastIndex == LogIndex.Zero)
            return;
        _term = _term > Last.Term ? _term : Last.Term;
        long saved = _log.SaveHardState(new HardState(_term, NodeId.None, _log.LastIndex));
        WaitFor(() => _hardStatesDurable >= saved);
    }

    /// <summary>Closes the files. Without <see cref="Complete"/> the directory holds a part of the log.</summary>
    public void Dispose()
    {
        _disk.Dispose();
        _log.Dispose();
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
                throw ChorusException.Failed("disk", $"the disk of {_path} does nothing any more");
        }
    }

    private ChorusException Explain(Exception error) => error is DiskFullException
        ? Full()
        : ChorusException.Failed(
            "disk", $"writing to {_path} failed: {error.Message}", "Use another disk, and remove what is there",
            error);

    private ChorusException Full() => ChorusException.Failed(
        "disk_full", $"the disk of {_path} is full",
        "Make room or name a directory on another disk, and remove what is there");
}
