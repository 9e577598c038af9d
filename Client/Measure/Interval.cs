namespace Chorus.Client.Measure;

/// <summary>Figures of one connection since the last sample.</summary>
internal sealed class Interval
{
    public Histogram Latency { get; } = new();

    public long Errors { get; set; }

    public long Unknown { get; set; }

    public void Add(Interval other)
    {
        Latency.Add(other.Latency);
        Errors += other.Errors;
        Unknown += other.Unknown;
    }

    public void Clear()
    {
        Latency.Clear();
        (Errors, Unknown) = (0, 0);
    }
}
