namespace Chorus.Raft;

/// <summary>
/// What a node must remember across a restart beside its log; one checksummed record on disk.
/// </summary>
/// <param name="Term">Highest term seen; never falls.</param>
/// <param name="VotedFor">Whom this node voted for in <paramref name="Term"/>; changes only with the term.</param>
/// <param name="Commit">
/// A lower bound of the commit index known when this was written. A recovered log that ends before it has
/// lost acknowledged entries: such a node neither votes nor acknowledges before it has caught up.
/// </param>
/// <param name="HasLostEntries">
/// Whether the log has lost entries, nobody knows how many, and the node has not been made whole since.
/// </param>
/// <remarks>Raft figure 2, persistent state.</remarks>
public readonly record struct HardState(Term Term, NodeId VotedFor, LogIndex Commit, bool HasLostEntries = false)
{
    /// <summary>The state of a node that has never run.</summary>
    public static readonly HardState Empty = new(Term.Zero, NodeId.None, LogIndex.Zero);

    /// <summary>
    /// The state with which a node goes on that finds entries lost: in a term in which it has acknowledged nothing and
    /// voted for nobody. Whoever counts on what it said in an earlier term leads no more once this one is heard of.
    /// </summary>
    public HardState AfterLoss() => this with { Term = Term.Next, VotedFor = NodeId.None, HasLostEntries = true };
}
