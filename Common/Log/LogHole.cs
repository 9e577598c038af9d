using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>Records <c>[From, Until)</c> that were durable and that the disk does not give back.</summary>
public sealed record LogHole
{
    /// <summary>First index that is missing.</summary>
    public required LogIndex From { get; init; }

    /// <summary>First index behind that is there.</summary>
    public required LogIndex Until { get; init; }

    /// <summary>The record before; index 0 and nothing else where the hole begins with the log.</summary>
    public required RecordHeader Before { get; init; }

    /// <summary>What is damaged: file, offset, what is wrong, and what that means.</summary>
    public required LogCorruptionException Damage { get; init; }

    /// <summary>
    /// Whether it is the beginning of the log: cut off behind a snapshot, most likely, that the disk does not give back
    /// either. What a snapshot stood for was committed.
    /// </summary>
    public bool IsBeginning { get; init; }

    /// <summary>Header of the segment that holds <see cref="From"/>, or held it.</summary>
    internal SegmentHeader Segment { get; init; }

    /// <summary>Where in that segment records are there again; 0 where only the next segment has them.</summary>
    internal long ResumesAt { get; init; }

    /// <summary>Where the next segment has them: the last record of the hole, as that one says.</summary>
    internal RecordHeader? LastMissing { get; init; }
}
