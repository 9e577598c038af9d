using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>Where replicas keep their state: in memory or in a file of slots beside the log.</summary>
internal sealed class StatePlan(SeededRandom random)
{
    // Holds the longest value that a workload writes.
    private static readonly SlotGeometry Geometry = new(Slots: 5, SlotBytes: 1024);

    private readonly bool _isOnDisk = random.Chance(0.4);
    private readonly bool _onThread = random.Chance(0.3);
    private readonly long _checkpointBytes = random.Pick([1L, 2_000, 20_000, 1 << 20]);

    /// <summary>Whether a thread of its own applies; always where the state is on disk.</summary>
    public bool IsAppliedOnThread => _isOnDisk || _onThread;

    /// <summary>Opens the state machine of a process.</summary>
    /// <param name="machine">Where it runs.</param>
    /// <param name="log">Its log, just recovered.</param>
    /// <param name="executor">Makes checkpoints, while applying goes on.</param>
    /// <param name="displacedBytesMax">Memory of a snapshot under way.</param>
    public IStateMachine Open(Machine machine, RecordLog log, IDiskExecutor executor, long displacedBytesMax)
    {
        if (!_isOnDisk)
            return new KvStateMachine(new KvStateMachineOptions
            {
                SnapshotDisplacedBytesMax = displacedBytesMax,
                LookaheadEntriesMin = 0,
                SegmentBytesMax = 256,
            });
        // As the host does: a state that knows more than what is left of the log is made anew from it.
        if (log.Recovered.HasLostEntries && machine.Storage.Exists(SlotFile.DefaultName))
            machine.Storage.Delete(SlotFile.DefaultName);
        var owner = new SlotFileOwner(Geometry, Guid.Empty, machine.Incarnation, IsVolatile: false);
        return new SlotStateMachine(
            SlotFile.Open(machine.Storage, SlotFile.DefaultName, owner), log.LastIndex,
            new SlotStateMachineOptions
            {
                CheckpointBytes = _checkpointBytes,
                Executor = executor,
                SnapshotDisplacedBytesMax = displacedBytesMax,
            });
    }

    public override string ToString() => _isOnDisk ? $"on disk, checkpoint {_checkpointBytes}"
        : _onThread ? "in memory, on a thread" : "in memory";
}
