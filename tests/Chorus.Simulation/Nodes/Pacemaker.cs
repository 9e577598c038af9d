using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// Calls one thread's loop when something may be there to do or its time has come; not while the machine is paused.
/// </summary>
/// <param name="around">The simulation.</param>
/// <param name="machine">Where the thread runs.</param>
/// <param name="random">Chance.</param>
/// <param name="lagMicros">How late the thread may wake.</param>
internal sealed class Pacemaker(Surroundings around, Machine machine, SeededRandom random, int lagMicros)
{
    private bool _hasEnded;
    private long _wakeAt = long.MaxValue;

    /// <summary>One round of the loop.</summary>
    public required Action Work { get; init; }

    /// <summary>Something may be there to do.</summary>
    public void Wake() => WakeAt(around.Events.Now + 1 + random.Next(lagMicros));

    /// <summary>Something will be there to do at a true time, if not before.</summary>
    public void WakeAt(long at)
    {
        at = Math.Max(at, around.Events.Now + 1);
        if (_hasEnded || at >= _wakeAt)
            return;
        _wakeAt = at;
        around.Events.At(at, () => Run(at));
    }

    /// <summary>The thread is gone.</summary>
    public void End() => _hasEnded = true;

    private void Run(long at)
    {
        // A wake-up that an earlier one has overtaken.
        if (_hasEnded || at != _wakeAt)
            return;
        _wakeAt = long.MaxValue;
        if (machine.IsPaused)
            WakeAt(machine.PausedUntil);
        else
            Work();
    }
}
