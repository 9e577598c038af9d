using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>Settings of a client.</summary>
public sealed record ChorusClientOptions
{
    /// <summary>
    /// Client addresses (<c>host:port</c> or <c>:port</c>) of any members; the client finds the leader and
    /// the others.
    /// </summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>
    /// How reads are answered that do not say. Default: as each server was told by its flag <c>-reads</c>.
    /// </summary>
    public ReadMode Reads { get; init; } = ReadMode.Server;

    /// <summary>
    /// The server that answers all reads, <c>host:port</c>, whoever leads; null: the leader. Any voter or learner does,
    /// linearizably, except for <see cref="ReadMode.Log"/>. Default null.
    /// </summary>
    public string? ReadFrom { get; init; }

    /// <summary>Deadline of one operation, retries included. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether writes go out in a session, so that one whose answer does not come is sent again, to whoever leads, and
    /// is applied once all the same. Where the servers keep none, and without: it is never sent again, and its outcome
    /// is unknown. Default true.
    /// </summary>
    public bool UseSession { get; init; } = true;

    /// <summary>
    /// First pause before a retry; doubles up to <see cref="BackOffMax"/>, with jitter. Default 10 ms.
    /// </summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Longest pause before a retry. Default 250 ms.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Most operations waiting in one client before new ones wait too. Default 65,536.</summary>
    public int OutstandingMax { get; init; } = 65_536;

    /// <summary>
    /// Whether completions run on the client's own socket thread: saves a thread switch, but a continuation
    /// that blocks stops the client. For load generators. Default false.
    /// </summary>
    public bool CompleteInline { get; init; }
}
