namespace Chorus.Client.Measure;

/// <summary>Sum over all connections of what was due in the measured window.</summary>
internal sealed class Totals(bool openLoop)
{
    /// <summary>From the send to the answer.</summary>
    public Histogram Service { get; } = new();

    /// <summary>From the moment at which it was due to the answer; null in a closed loop: no difference.</summary>
    public Histogram? Response { get; } = openLoop ? new Histogram() : null;

    public ErrorTally Errors { get; } = new();

    /// <summary>How many of the successful operations were reads.</summary>
    public long Reads { get; set; }
}
