using Chorus.Common.Replica;

namespace Chorus.Tests.Recovery;

/// <summary>Time that passes when it is told to.</summary>
internal sealed class ManualClock : IClock
{
    public long MonotonicMicros { get; set; } = 1_000_000;

    public long UnixMicros => MonotonicMicros;
}
