using Chorus.Simulation.Disk;

namespace Chorus.Simulation.Nodes;

/// <summary>One life of the process on a machine.</summary>
internal interface IMachineProcess
{
    /// <summary>Its disk thread.</summary>
    SimulatedDisk Disk { get; }

    /// <summary>Recovers what the disk holds and opens the sockets.</summary>
    void Boot();

    /// <summary>Runs production code; what it throws ends the process, as it would end a real one.</summary>
    void Guard(Action action);

    /// <summary>The process is gone.</summary>
    void End();
}
