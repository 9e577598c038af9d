using System.Buffers;
using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Recovery;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>
/// Makes the state of a backup, of a logger's folder, or of a stopped replica's data directory: the newest sound
/// snapshot, and the log behind it. Only reads; every byte is verified.
/// </summary>
public sealed class StateReplay
{
    private const int StopCheckMask = 0xFFF;

    private readonly LogFolder _folder;
    private readonly LogIndex _until;
    private readonly CancellationToken _stop;
    private readonly List<string> _notes = [];
    private LogCorruptionException? _damage;
    private KvStateMachine _store = new();

    private StateReplay(LogFolder folder, LogIndex? to, bool withUncommitted, CancellationToken stop)
    {
        (_folder, _stop) = (folder, stop);
        LogIndex end = LogIndex.Max(Limit(folder, withUncommitted), NewestSnapshot);
        if (to > end)
        {
            throw ChorusException.Failed(
                "not_there", $"-to {to}: what {folder.Location} holds ends at index {end}", "Name an earlier one");
        }
        _until = to ?? end;
    }

    /// <summary>Makes the state.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="to">Last index; null: the newest that is known to be committed.</param>
    /// <param name="withUncommitted">Whether records count, too, that nobody may ever have been told of.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="NodeDirectoryException">There is no log.</exception>
    /// <exception cref="LogCorruptionException">A record is damaged, or a snapshot that nothing replaces.</exception>
    /// <exception cref="ChorusException">There is not enough to make a state of.</exception>
    public static ReplayedState Run(
        string path, LogIndex? to, bool withUncommitted, CancellationToken stop) =>
        new StateReplay(LogFolder.Open(path), to, withUncommitted, stop).Run();

    private LogIndex NewestSnapshot => SnapshotStore.Indexes(_folder.Storage).FirstOrDefault(LogIndex.Zero);

    private ReplayedState Run()
    {
        if (_folder.Damages is [var damage, ..])
            throw damage;
        SnapshotHeader? snapshot = Restore();
        string stateBase = _folder.Identity?.StateBase ?? snapshot?.StateBase ?? "";
        if (snapshot is null)
            SourceChoice.PreloadOf(null, stateBase).Fill(_store);
        var state = new ReplicatedState(_store, new SystemClock());
        RecordHeader last = snapshot?.Last ?? default;
        LogExtent extent = _folder.Extent;
        CheckConnection(snapshot, extent);
        long records = 0;
        if (last.Index < _until)
            last = Apply(state, last.Index.Next, ref records);
        _store.DefersDigest = false;
        if (last.Index == LogIndex.Zero)
        {
            throw ChorusException.Failed(
                "empty", $"{_folder.Location} holds nothing that is known to be committed", "Name another directory");
        }
        return new ReplayedState
        {
            ClusterId = snapshot?.ClusterId ?? extent.ClusterId,
            StateBase = stateBase,
            Store = _store,
            Sessions = state.Sessions,
            Last = last,
            Snapshot = snapshot?.Index ?? LogIndex.Zero,
            Records = records,
            LeftOut = extent.Limit.Index > last.Index ? extent.Limit.Index - last.Index : 0,
            Notes = _notes,
        };
    }

    private static LogIndex Limit(LogFolder folder, bool withUncommitted) => withUncommitted
        ? folder.Extent.Limit.Index
        : folder.Commit ?? LogIndex.Zero;

    private RecordHeader Apply(ReplicatedState state, LogIndex from, ref long records)
    {
        _store.DefersDigest = true;
        var answers = new ArrayBufferWriter<byte>();
        RecordHeader last = default;
        using var reader = new LogReader(_folder.Storage);
        var walk = new LogWalk(reader, _folder.Extent, from, _until.Next);
        while (walk.Read())
        {
            last = walk.Header;
            state.Apply(last, walk.Payload, answers);
            answers.ResetWrittenCount();
            if ((++records & StopCheckMask) == 0)
                _stop.ThrowIfCancellationRequested();
        }
        return walk.IsGone
            ? throw ChorusException.Failed(
                "changed", $"a file of {_folder.Location} was removed while it was read",
                "Stop the process that uses it")
            : last;
    }

    // The newest that is not behind the end; a damaged one is passed over where the log leads on from an older one.
    private SnapshotHeader? Restore()
    {
        foreach (LogIndex index in SnapshotStore.Indexes(_folder.Storage).Where(index => index <= _until))
        {
            try
            {
                using SnapshotReader reader = SnapshotReader.Open(_folder.Storage, SnapshotNames.Of(index));
                if (_folder.Identity is { } identity && reader.Header.ClusterId != identity.ClusterId)
                    throw reader.Damage($"it belongs to cluster {reader.Header.ClusterId}");
                _store.Restore(index, new SnapshotRestore(reader));
                return reader.Header;
            }
            catch (LogCorruptionException damaged)
            {
                _damage ??= damaged;
                _notes.Add(damaged.Message);
                _store = new KvStateMachine();
            }
        }
        return null;
    }

    private void CheckConnection(SnapshotHeader? snapshot, LogExtent extent)
    {
        LogIndex begin = snapshot?.Index ?? LogIndex.Zero;
        if (_until > begin && (extent.First > begin.Next || extent.Limit.Index < _until))
        {
            throw _damage as Exception ?? new ChorusException(
                ExitCodes.Corruption, "log_begins_late",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the log in {_folder.Location} goes from {extent.First} to {extent.Limit.Index}, and its snapshot "
                        + $"up to {begin}: the state at {_until} cannot be made of them"),
                "Name another -to, or another directory");
        }
        if (snapshot is null || begin < extent.First || begin > extent.Limit.Index)
            return;
        using var reader = new LogReader(_folder.Storage);
        if (reader.HeaderAt(extent, begin) is { } record && record.Chain != snapshot.Last.Chain)
        {
            throw new ChorusException(
                ExitCodes.Corruption, "wrong_chain",
                $"snapshot and log in {_folder.Location} hold different records at index {begin}",
                "Name another directory");
        }
    }
}
