namespace Chorus.Client.Load;

/// <summary>What all callers of a run look at.</summary>
internal sealed class RunState
{
    private volatile int _phase;
    private long _beginTimestamp = long.MaxValue;
    private long _endTimestamp = long.MaxValue;
    private volatile bool _abandoned;

    public LoadPhase Phase => (LoadPhase)_phase;

    /// <summary>When the measured window began; in the far future before.</summary>
    public long BeginTimestamp => Volatile.Read(ref _beginTimestamp);

    /// <summary>When the measured window ended; in the far future before.</summary>
    public long EndTimestamp => Volatile.Read(ref _endTimestamp);

    public void BeginMeasuring(long now)
    {
        Volatile.Write(ref _beginTimestamp, now);
        _phase = (int)LoadPhase.Measure;
    }

    /// <summary>Ends the window. What was due before may still be sent.</summary>
    public void Stop(long now)
    {
        Volatile.Write(ref _endTimestamp, now);
        _phase = (int)LoadPhase.Drain;
    }

    /// <summary>From now on nothing is sent any more, due or not.</summary>
    public void Abandon() => _abandoned = true;

    /// <summary>Whether an operation that is due at this moment may still be sent.</summary>
    public bool Accepts(long dueTimestamp) => !_abandoned && dueTimestamp < EndTimestamp;
}
