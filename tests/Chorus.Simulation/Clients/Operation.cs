using Chorus.Common.Protocol;

namespace Chorus.Simulation.Clients;

/// <summary>What a client asks for.</summary>
internal enum OperationKind : byte
{
    Get,
    Set,
    Delete,

    /// <summary>Sets its number if the value is what the client saw last.</summary>
    CompareAndSet,

    /// <summary>Adds its delta to a counter.</summary>
    Increment,
}

/// <summary>How an operation ended, as its client knows.</summary>
internal enum Outcome : byte
{
    /// <summary>Not ended, or ended without an answer: a write may have happened, or still happen.</summary>
    Unknown,

    /// <summary>Answered: done.</summary>
    Done,

    /// <summary>Answered: never happened.</summary>
    Refused,
}

/// <summary>One operation of a history.</summary>
internal sealed class Operation
{
    public required int Number { get; init; }

    public required string Client { get; init; }

    public required OperationKind Kind { get; init; }

    public required int Key { get; init; }

    /// <summary>
    /// The value set: the operation's own number, so no two are alike. For a get what was read, for a compare-and-set
    /// that did not set what stood there, for an increment the sum; 0 is "none".
    /// </summary>
    public int Value { get; set; }

    /// <summary>How a get is asked for.</summary>
    public ReadMode Reads { get; set; }

    /// <summary>What a compare-and-set expects; 0 is "none".</summary>
    public int Expected { get; init; }

    /// <summary>What an increment adds.</summary>
    public int Delta { get; init; }

    /// <summary>Whether it told what is there and changed nothing.</summary>
    public bool IsObservation => Kind == OperationKind.Get
        || (Kind == OperationKind.CompareAndSet && Outcome == Outcome.Done && !Found);

    /// <summary>When the client began.</summary>
    public required long CalledAt { get; init; }

    /// <summary>Last index that anybody knew to be committed when the client began: a get must have seen it.</summary>
    public ulong CommittedAtCall { get; init; }

    /// <summary>When the client got the answer; for ever when it got none.</summary>
    public long ReturnedAt { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    /// <summary>
    /// For a delete that was answered: whether there was something. For a compare-and-set: whether it set.
    /// </summary>
    public bool Found { get; set; }

    /// <summary>
    /// Index in the log that the answer named: where a write stands, or up to where a read saw.
    /// </summary>
    public ulong Index { get; set; }

    public override string ToString()
    {
        string what = Kind switch
        {
            OperationKind.Get => $"get ({Reads}) k{Key} -> {(Value == 0 ? "nothing" : Value)}",
            OperationKind.Set => $"set k{Key} = {Value}",
            OperationKind.CompareAndSet => $"set k{Key} if {Expected} -> {(Found ? "set" : "was")} {Value}",
            OperationKind.Increment => $"add {Delta} to k{Key} -> {Value}",
            _ => $"delete k{Key} -> {(Found ? "was there" : "nothing")}",
        };
        string until = ReturnedAt == long.MaxValue ? "no answer" : $"{ReturnedAt / 1e6:F6}";
        return $"#{Number} {Client} [{CalledAt / 1e6:F6}, {until}] {what} {Outcome} @{Index}";
    }
}
