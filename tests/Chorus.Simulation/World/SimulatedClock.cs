using Chorus.Common.Replica;

namespace Chorus.Simulation.World;

/// <summary>
/// One machine's idea of time: runs a little too fast or too slow, and its wall clock may be wrong by hours and jump.
/// </summary>
internal sealed class SimulatedClock(EventQueue world, double rate, long wallSkewMicros) : IClock
{
    private const long UnixAtStart = 1_750_000_000_000_000;
    private readonly long _bootMicros = 1_000_000 + Math.Abs(wallSkewMicros % 1_000_000_007);
    private long _wallSkewMicros = wallSkewMicros;

    public long MonotonicMicros => _bootMicros + (long)(world.Now * rate);

    public long UnixMicros => UnixAtStart + _wallSkewMicros + (long)(world.Now * rate);

    /// <summary>True time at which this clock will show at least a monotonic time.</summary>
    public long TrueTimeOf(long monotonicMicros) => (long)((monotonicMicros - _bootMicros) / rate) + 1;

    /// <summary>Somebody sets the wall clock.</summary>
    public void JumpWall(long micros) => _wallSkewMicros += micros;
}
