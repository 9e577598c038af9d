namespace Chorus.Raft;

/// <summary>
/// Settings of the core. Times are in ticks; the replica's loop ticks every 10 ms by default.
/// </summary>
public sealed record RaftOptions
{
    /// <summary>
    /// Ticks without a leader before an election; the real one is drawn from [this, 2 × this). Default 30.
    /// </summary>
    public int ElectionTimeoutTicks { get; init; } = 30;

    /// <summary>Ticks between heartbeats of a leader. Default 5.</summary>
    public int HeartbeatTicks { get; init; } = 5;

    /// <summary>
    /// Ticks without progress of the own disk, while something waits for it, after which a leader steps down
    /// and a voter does not campaign. Default 100.
    /// </summary>
    public int DiskStallTicks { get; init; } = 100;

    /// <summary>Most entries on their way to one follower. Default 65,536.</summary>
    public int WindowEntries { get; init; } = 65_536;

    /// <summary>Most bytes of entries on their way to one follower. Default 16 MiB.</summary>
    public long WindowBytes { get; init; } = 16 << 20;

    /// <summary>
    /// Most bytes of entries in one message (a single larger entry still travels). Default 1 MiB.
    /// </summary>
    public long MessageBytes { get; init; } = 1 << 20;

    /// <summary>
    /// Most bytes of entries that only the disk holds, sent to one follower in one heartbeat interval, one message at a
    /// time (one larger entry still travels): reading them holds up the leader, so a follower that lags so far fetches
    /// them elsewhere, and this keeps it going where it cannot. Default 256 KiB.
    /// </summary>
    public long TrickleBytes { get; init; } = 256 << 10;

    /// <summary>A learner that lags by at most this many entries is promoted. Default 1,000.</summary>
    public ulong PromotionLagEntries { get; init; } = 1_000;

    /// <summary>
    /// How long a leader may answer reads by its lease, in microseconds of its own monotonic clock from when it sent a
    /// heartbeat round that a quorum has answered. Must end, by any voter's clock, before that voter has counted <see
    /// cref="ElectionTimeoutTicks"/> since it heard the round. Default 0: no lease, such reads go by ReadIndex.
    /// </summary>
    public long LeaseMicros { get; init; }

    /// <summary>Checks the settings once, at the start.</summary>
    /// <exception cref="ArgumentException">
    /// A setting makes no sense; the message names it and a value that does.
    /// </exception>
    public void Validate()
    {
        Require(HeartbeatTicks >= 1, "HeartbeatTicks must be at least 1");
        Require(ElectionTimeoutTicks >= 3 * HeartbeatTicks, "ElectionTimeoutTicks must be at least 3 × HeartbeatTicks");
        Require(DiskStallTicks >= ElectionTimeoutTicks, "DiskStallTicks must be at least ElectionTimeoutTicks");
        Require(WindowEntries >= 1, "WindowEntries must be at least 1");
        Require(MessageBytes >= 1, "MessageBytes must be at least 1");
        Require(TrickleBytes >= 1, "TrickleBytes must be at least 1");
        Require(LeaseMicros >= 0, "LeaseMicros must not be negative");
        Require(WindowBytes >= MessageBytes, "WindowBytes must be at least MessageBytes");

        static void Require(bool condition, string message)
        {
            if (!condition)
                throw new ArgumentException(message);
        }
    }
}
