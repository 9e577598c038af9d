namespace Chorus.Simulation.Checks;

/// <summary>An invariant of the whole cluster does not hold.</summary>
/// <param name="invariant">Its name.</param>
/// <param name="message">How it is broken.</param>
internal sealed class Violation(string invariant, string message) : Exception($"{invariant}: {message}")
{
    /// <summary>Name of the invariant.</summary>
    public string Invariant { get; } = invariant;
}
