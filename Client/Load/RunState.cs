namespace Chorus.Client.Load;

/// <summary>What all callers of a run look at.</summary>
internal sealed class RunState
{
    private volatile int _phase;
    private long _beginTimestamp = long.MaxValue;

    public LoadPhase Phase => (LoadPhase)_phase;

    /// <summary>When the measured window began; in the far future before.</summary>
    public long BeginTimestamp => Volatile.Read(ref _beginTimestamp);

    public void BeginMeasuring(long now)
    {
        Volatile.Write(ref _beginTimestamp, now);
        _phase = (int)LoadPhase.Measure;
    }

    public void Stop() => _phase = (int)LoadPhase.Drain;
}
