using Chorus.Common.Protocol;

namespace Chorus.Simulation.Clients;

/// <summary>What a client asks for.</summary>
internal enum OperationKind : byte
{
    Get,
    Set,
    Delete,
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
    /// The value set: the operation's own number, so no two are alike. For a get what was read; 0 is "none".
    /// </summary>
    public int Value { get; set; }

    /// <summary>How a get is asked for.</summary>
    public ReadMode Reads { get; set; }

    /// <summary>When the client began.</summary>
    public required long CalledAt { get; init; }

    /// <summary>When the client got the answer; for ever when it got none.</summary>
    public long ReturnedAt { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    /// <summary>For a delete that was answered: whether there was something.</summary>
    public bool Found { get; set; }

    /// <summary>
    /// Index in the log that the answer named: where a write stands, or up to where a stale read saw.
    /// </summary>
    public ulong Index { get; set; }

    public override string ToString()
    {
        string what = Kind switch
        {
            OperationKind.Get => $"get ({Reads}) k{Key} -> {(Value == 0 ? "nothing" : Value)}",
            OperationKind.Set => $"set k{Key} = {Value}",
            _ => $"delete k{Key} -> {(Found ? "was there" : "nothing")}",
        };
        string until = ReturnedAt == long.MaxValue ? "no answer" : $"{ReturnedAt / 1e6:F6}";
        return $"#{Number} {Client} [{CalledAt / 1e6:F6}, {until}] {what} {Outcome} @{Index}";
    }
}
