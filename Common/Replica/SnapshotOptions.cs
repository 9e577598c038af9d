using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>When a replica takes snapshots, and how much of its log it keeps behind them.</summary>
public sealed record SnapshotOptions
{
    /// <summary>
    /// A snapshot is taken after so many bytes of log since the last one, or as many as that one is long, if it is
    /// longer. Default 1 GiB.
    /// </summary>
    public long EveryBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Bytes of log that are kept at least, behind the snapshots, for whoever follows. What a transfer under way, a
    /// member or an observer that was heard of lately still needs may hold as much again. Default 1 GiB.
    /// </summary>
    public long KeepBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Records younger than this are kept as well, by the time in the log, in microseconds; within twice <see
    /// cref="KeepBytes"/>. Default 10 minutes.
    /// </summary>
    public long KeepMicros { get; init; } = 600_000_000;

    /// <summary>About how long the pieces are in which the state is copied between commands. Default 256 KiB.</summary>
    public int PieceBytes { get; init; } = 256 << 10;

    /// <summary>
    /// Bytes of state copied in a second, so that clients notice little of it; more where otherwise too much would wait
    /// in memory. Default 16 MiB.
    /// </summary>
    public long BytesPerSecond { get; init; } = 16 << 20;

    /// <summary>
    /// Before a snapshot is sent to a member that has to begin from it, a newer one is taken if so many bytes of log
    /// have come behind it, and a quarter of as many as it has itself. Default 64 MiB.
    /// </summary>
    public long StaleBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of state copied in a second while a member waits for it. Default 256 MiB.</summary>
    public long HurriedBytesPerSecond { get; init; } = 256 << 20;

    /// <summary>
    /// How long a member waits for a newer snapshot at most, before it gets the one that is there, in microseconds.
    /// Default 10 minutes.
    /// </summary>
    public long NewerMicrosMax { get; init; } = 600_000_000;

    /// <summary>Pause before a snapshot that could not be taken is tried again, in microseconds. Default 10 s.
    /// </summary>
    public long RetryMicros { get; init; } = 10_000_000;

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(EveryBytes > 0 && KeepBytes >= 0 && KeepMicros >= 0, "sizes and times are not negative");
        Check.That(PieceBytes > 0 && BytesPerSecond > 0 && RetryMicros > 0, "a snapshot goes on");
        Check.That(
            StaleBytes > 0 && HurriedBytesPerSecond > 0 && NewerMicrosMax > 0, "who waits for a snapshot gets one");
    }
}
