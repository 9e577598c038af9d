namespace Chorus.Common.Replica;

/// <summary>The loop's port to time.</summary>
public interface IClock
{
    /// <summary>Monotonic time in microseconds from an arbitrary start; for intervals.</summary>
    long MonotonicMicros { get; }

    /// <summary>Wall clock in microseconds since 1970 (UTC); only stamped into records, never decided upon.</summary>
    long UnixMicros { get; }
}
