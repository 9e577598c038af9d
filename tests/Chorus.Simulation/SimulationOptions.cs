namespace Chorus.Simulation;

/// <summary>How runs differ beside their seed.</summary>
/// <param name="Live">Where everything is printed as it happens; null for silence.</param>
/// <param name="BitFlips">Whether bits flip on disks, too.</param>
internal sealed record SimulationOptions(TextWriter? Live = null, bool BitFlips = false);
