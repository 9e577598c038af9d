namespace Chorus.Simulation.World;

/// <summary>
/// What will happen, by simulated time; things due at the same microsecond happen in order of scheduling.
/// </summary>
internal sealed class EventQueue
{
    private readonly PriorityQueue<Action, (long At, long Sequence)> _events = new();
    private long _sequence;

    /// <summary>True time of the world in microseconds since the simulation began.</summary>
    public long Now { get; private set; }

    /// <summary>Events that have run.</summary>
    public long Executed { get; private set; }

    /// <summary>Schedules something at a time, or now when that time is past.</summary>
    public void At(long micros, Action action) =>
        _events.Enqueue(action, (Math.Max(micros, Now), _sequence++));

    /// <summary>Schedules something after a delay.</summary>
    public void After(long micros, Action action) => At(Now + micros, action);

    /// <summary>
    /// Runs the next event that is due before a time; false when there is none: then that time has come.
    /// </summary>
    public bool RunNext(long until)
    {
        if (!_events.TryPeek(out _, out (long At, long Sequence) key) || key.At >= until)
        {
            Now = Math.Max(Now, until);
            return false;
        }
        Action action = _events.Dequeue();
        Now = key.At;
        Executed++;
        action();
        return true;
    }
}
