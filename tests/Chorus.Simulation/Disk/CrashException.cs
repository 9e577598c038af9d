namespace Chorus.Simulation.Disk;

/// <summary>The machine dies in the middle of a disk operation. Production code must let it pass.</summary>
internal sealed class CrashException() : Exception("the simulated machine has lost power");
