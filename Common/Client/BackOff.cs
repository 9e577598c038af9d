namespace Chorus.Common.Client;

/// <summary>
/// Pauses that double, each made longer or shorter at random so that many clients do not return at once.
/// </summary>
internal readonly struct BackOff(TimeSpan first, TimeSpan longest)
{
    private const int DoublingsMax = 20;

    /// <summary>
    /// The pause after so many failures, in milliseconds: between half of it and the whole.
    /// </summary>
    internal int PauseMs(int failures)
    {
        double doubled = first.TotalMilliseconds * (1 << Math.Clamp(failures - 1, 0, DoublingsMax));
        double whole = Math.Min(doubled, longest.TotalMilliseconds);
        return Math.Max(1, (int)(whole * (0.5 + (Random.Shared.NextDouble() / 2))));
    }
}
