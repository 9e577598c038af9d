using Chorus.Common.Protocol;

namespace Chorus.Client.History;

/// <summary>What a caller knows of how an operation ended.</summary>
internal enum HistoryOutcome
{
    /// <summary>No answer: a write may have happened, or still happen.</summary>
    Unknown,

    /// <summary>Answered.</summary>
    Done,

    /// <summary>Answered: it did not happen and never will.</summary>
    Refused,
}

/// <summary>One operation of one caller. Values are numbers; 0 stands for a key that does not exist.</summary>
internal sealed record HistoryEntry
{
    /// <summary>From 1 on, in the order of the calls; what a set and a compare-and-set write.</summary>
    public required int Number { get; init; }

    public required int Caller { get; init; }

    public required KvCommand.Types.Operation Operation { get; init; }

    /// <summary>Number of the key.</summary>
    public required int Key { get; init; }

    /// <summary>What a compare-and-set expects.</summary>
    public int Expected { get; init; }

    /// <summary>What an increment adds.</summary>
    public int Delta { get; init; }

    /// <summary>Monotonic time of the call in microseconds.</summary>
    public required long CalledMicros { get; init; }

    /// <summary>Of the answer; -1 where there was none.</summary>
    public long ReturnedMicros { get; init; } = -1;

    public HistoryOutcome Outcome { get; init; }

    /// <summary>What was read, is set, stood there instead of what was expected, or the sum.</summary>
    public int Value { get; init; }

    /// <summary>Whether a delete found something, or a compare-and-set set.</summary>
    public bool Found { get; init; }

    /// <summary>Index of the log that the answer named.</summary>
    public ulong Index { get; init; }
}
