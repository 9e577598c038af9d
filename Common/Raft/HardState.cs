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
/// <remarks>Raft figure 2, persistent state.</remarks>
public readonly record struct HardState(Term Term, NodeId VotedFor, LogIndex Commit)
{
    /// <summary>The state of a node that has never run.</summary>
    public static readonly HardState Empty = new(Term.Zero, NodeId.None, LogIndex.Zero);
}
