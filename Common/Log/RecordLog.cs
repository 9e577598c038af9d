using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// The replicated log of one node: in memory at its end, in segment files on disk; hard state beside it. Owned by the
/// loop's thread; disk work goes to the executor in the order in which it is asked for here.
/// </summary>
public sealed class RecordLog : ILogSizes, IDisposable
{
    /// <summary>Recovers a log from a directory, or starts one in an empty directory.</summary>
    /// <exception cref="LogCorruptionException">A record that was acknowledged is damaged; names file, offset, remedy.</exception>
    public static RecordLog Open(IStorage storage, IDiskExecutor executor, LogOptions options, Guid clusterId) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>What the disk held, for the core.</summary>
    public RecoveredState Recovered => throw new InvariantViolationException("not built yet");

    /// <summary>Last index, durable or not.</summary>
    public LogIndex LastIndex => throw new InvariantViolationException("not built yet");

    /// <summary>Chain value of the last record; 0 before the first.</summary>
    public ulong LastChain => throw new InvariantViolationException("not built yet");

    /// <summary>Time of the last record; 0 before the first.</summary>
    public long LastTimeMicros => throw new InvariantViolationException("not built yet");

    /// <summary>Whether entries can be appended now; false while the disk is full or too much waits for it.</summary>
    public bool HasRoom(long bytes) => throw new InvariantViolationException("not built yet");

    /// <summary>Whether the device has no room for another segment.</summary>
    public bool IsDiskFull => throw new InvariantViolationException("not built yet");

    /// <summary>Queues a hard state; durable before anything queued later.</summary>
    /// <returns>How many hard states have been queued since the start, this one included.</returns>
    public long SaveHardState(HardState state) => throw new InvariantViolationException("not built yet");

    /// <summary>Drops entries from an index on, in memory at once, on disk in order.</summary>
    public void Truncate(LogIndex from) => throw new InvariantViolationException("not built yet");

    /// <summary>Encodes and appends one entry of the leader.</summary>
    /// <param name="term">Its term.</param>
    /// <param name="kind">What the payload is.</param>
    /// <param name="timeMicros">Leader's clock; raised to the previous record's time where it is behind.</param>
    /// <param name="payload">Copied.</param>
    public LogIndex Append(Term term, RecordKind kind, long timeMicros, ReadOnlySpan<byte> payload) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Appends records received from a leader, already verified by <see cref="RecordReader"/>.</summary>
    /// <param name="records">Whole records; the first has index <see cref="LastIndex"/> + 1 and continues its chain. Copied.</param>
    /// <exception cref="LogCorruptionException">The chain does not continue: the logs differ where Raft says they match.</exception>
    public void AppendRecords(ReadOnlySpan<byte> records) => throw new InvariantViolationException("not built yet");

    /// <summary>Hands everything queued to the disk as one batch, unless a batch is still under way (group commit).</summary>
    public void Flush() => throw new InvariantViolationException("not built yet");

    /// <summary>Takes the next finished batch. After the last one of a busy disk, call <see cref="Flush"/> again.</summary>
    public bool TryTakeCompletion(out LogCompletion completion) => throw new InvariantViolationException("not built yet");

    /// <inheritdoc/>
    public LogIndex Fit(LogIndex from, LogIndex until, long bytesMax, out long bytes) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>
    /// Reads records, from memory or else from the disk. A range that <see cref="Fit"/> answered comes whole; a longer
    /// one may end earlier, after at least one record.
    /// </summary>
    /// <param name="from">First index.</param>
    /// <param name="until">Index behind the last one wanted.</param>
    /// <param name="readUntil">Index behind the last one returned.</param>
    /// <returns>Whole records, contiguous; valid until the next call of any method.</returns>
    public ReadOnlySpan<byte> Read(LogIndex from, LogIndex until, out LogIndex readUntil) =>
        throw new InvariantViolationException("not built yet");

    /// <summary>Waits for nothing; closes files. Call after the executor has stopped.</summary>
    public void Dispose()
    {
    }
}
