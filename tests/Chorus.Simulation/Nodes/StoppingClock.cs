using Chorus.Common.Replica;
using Chorus.Simulation.Disk;

namespace Chorus.Simulation.Nodes;

/// <summary>
/// The clock of a machine as its replica reads it. The process may be stopped right behind the first look of a round:
/// then all else goes on for as long, and what the replica does next it does by a time that is long past.
/// </summary>
/// <param name="around">The simulation.</param>
/// <param name="machine">Where it hangs.</param>
/// <param name="hasEnded">Whether the process is gone.</param>
internal sealed class StoppingClock(Surroundings around, Machine machine, Func<bool> hasEnded) : IClock
{
    private bool _isFirstLook;

    public long MonotonicMicros
    {
        get
        {
            long now = machine.Clock.MonotonicMicros;
            if (_isFirstLook)
                LetTimePass();
            return now;
        }
    }

    public long UnixMicros => machine.Clock.UnixMicros;

    /// <summary>A round of the loop begins: it has done nothing yet.</summary>
    public void BeginRound() => _isFirstLook = true;

    private void LetTimePass()
    {
        _isFirstLook = false;
        if (around.IsStoppedInRound || machine.TakeStopInRound() is not { } micros)
            return;
        around.IsStoppedInRound = true;
        try
        {
            machine.Pause(micros);
            while (machine.IsPaused && !hasEnded())
                around.Events.RunNext(machine.PausedUntil);
        }
        finally
        {
            around.IsStoppedInRound = false;
        }
        if (hasEnded())
            throw new CrashException();
    }
}
