using System.Diagnostics;
using Chorus.Common.Replica;

namespace Chorus.Common.Hosting;

/// <summary>The machine's clocks.</summary>
public sealed class SystemClock : IClock
{
    private const long TicksPerMicrosecond = 10;

    /// <inheritdoc/>
    public long MonotonicMicros => (long)(Stopwatch.GetElapsedTime(0).Ticks / TicksPerMicrosecond);

    /// <inheritdoc/>
    public long UnixMicros => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TicksPerMicrosecond;
}
