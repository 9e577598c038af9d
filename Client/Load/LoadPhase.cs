namespace Chorus.Client.Load;

/// <summary>Where a load stands.</summary>
internal enum LoadPhase
{
    /// <summary>Runs, not measured.</summary>
    WarmUp,

    /// <summary>Runs, measured.</summary>
    Measure,

    /// <summary>Nothing new is sent; waits for what is outstanding.</summary>
    Drain,
}
