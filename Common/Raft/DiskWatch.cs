namespace Chorus.Raft;

/// <summary>Sees whether the own disk still makes progress while entries wait for it (trap 26).</summary>
internal sealed class DiskWatch(int stallTicks)
{
    private bool _waiting;
    private ulong _since;
    private bool _reported;

    /// <summary>Whether entries have waited for the whole limit without any progress.</summary>
    public bool IsStalled(ulong now) => _waiting && now - _since >= (ulong)stallTicks;

    /// <summary>Notes whether entries wait now.</summary>
    public void Update(bool waiting, ulong now)
    {
        if (waiting && !_waiting)
            _since = now;
        _waiting = waiting;
        if (!waiting)
            _reported = false;
    }

    /// <summary>The disk has finished something.</summary>
    public void Progressed(ulong now)
    {
        _since = now;
        _reported = false;
    }

    /// <summary>Whether the stall is to be reported: once for each.</summary>
    public bool TakeReport(ulong now)
    {
        if (_reported || !IsStalled(now))
            return false;
        _reported = true;
        return true;
    }
}
