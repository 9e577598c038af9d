using Chorus.Simulation.Disk;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>Disks that are slow, hang, fail or are full, for a while.</summary>
/// <param name="around">The simulation.</param>
/// <param name="random">Chance.</param>
/// <param name="isOver">Whether faults are off.</param>
internal sealed class DiskFaults(Surroundings around, SeededRandom random, Func<bool> isOver)
{
    public void Strike(FaultKind kind, Machine victim, long micros)
    {
        switch (kind)
        {
            case FaultKind.SlowDisk:
                victim.Pace.SyncMicros = random.Pick([5_000.0, 50_000, around.Plan.ElectionMicros]);
                victim.Pace.WriteMicros = random.Pick([50.0, 5_000]);
                break;
            case FaultKind.HungDisk:
                victim.HangDisk(micros);
                return;
            case FaultKind.FailingSync:
                victim.Storage.FailsNextSync = true;
                return;
            case FaultKind.FullDisk:
                long used = victim.Storage.CapacityBytes - victim.Storage.FreeBytes;
                victim.Storage.ShrinkTo(used + random.Between(0, around.Plan.Log.SegmentSizeBytes * 2));
                break;
        }
        around.Events.After(micros, () =>
        {
            if (!isOver())
                Heal(victim);
        });
    }

    public void Heal(Machine node)
    {
        node.Storage.CapacityBytes = SimulatedStorage.UsualCapacityBytes;
        node.Storage.FailsNextSync = false;
        node.Storage.DieAtOperation(long.MaxValue);
        node.Pace.SyncMicros = 500;
        node.Pace.WriteMicros = 50;
    }
}
