using Chorus.Client.Measure;

namespace Chorus.Client.Load;

/// <summary>Where a run stands, told once a second.</summary>
/// <param name="Phase">What it does.</param>
/// <param name="Sample">The last second.</param>
/// <param name="Share">How much of the present phase is done, 0 to 1.</param>
/// <param name="Operations">Measured operations so far.</param>
/// <param name="Errors">Failures so far.</param>
internal readonly record struct LoadProgress(
    LoadPhase Phase, Sample Sample, double Share, long Operations, long Errors);
