namespace Chorus.Tests;

/// <summary>Tests that measure this process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(MeasuringAlone), DisableParallelization = true)]
public sealed class MeasuringAlone;
