namespace Chorus.Common.Replica;

/// <summary>How long a lease lasts, so that it ends before a voter forgets what it has promised (trap 23).</summary>
/// <remarks>
/// A voter counts its ticks from when it hears a heartbeat. The loop may be late, and count at once what was due
/// before: so the first ticks may take no time at all, and only the others are certain to take their length each, by
/// the voter's clock. That clock may run faster than the leader's, by the margin.
/// </remarks>
internal static class LeaseLength
{
    /// <summary>Length of a lease in microseconds of the leader's clock; 0: too short to be of use.</summary>
    /// <param name="options">Election timeout, tick and margin.</param>
    /// <param name="ticksPerRoundMax">Most ticks that a loop which is late makes up for in one round.</param>
    public static long Micros(ReplicaOptions options, int ticksPerRoundMax)
    {
        // Those that were due, and one that becomes due right after.
        int free = ticksPerRoundMax + 1;
        long promised = Math.Max(0, options.Raft.ElectionTimeoutTicks - free) * options.TickMicros;
        return promised * (100 - options.LeaseDriftPercent) / 100;
    }
}
