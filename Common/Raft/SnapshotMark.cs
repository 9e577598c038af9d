namespace Chorus.Raft;

/// <summary>What the core knows of a snapshot: the place in the log that it stands for, all of it committed.</summary>
/// <param name="Index">Last index whose effect is in it.</param>
/// <param name="Term">Term of that entry.</param>
/// <param name="Configuration">The configuration in force there.</param>
public sealed record SnapshotMark(LogIndex Index, Term Term, ConfigurationEntry Configuration)
{
    /// <summary>
    /// Whether a log may go on behind the snapshot: it holds the snapshot's own last entry, so everything before is
    /// equal, too. Otherwise nothing of it is worth anything: its end is missing, or of another leader (trap 9).
    /// </summary>
    /// <param name="there">Term of the log's entry at <see cref="Index"/>; null where it does not reach there.</param>
    /// <remarks>Raft figure 13, steps 6 and 7.</remarks>
    public bool IsContinuedBy(Term? there) => IsContinuedBy(Term, there);

    /// <summary>The same, of a snapshot of which only the term of the last entry is at hand.</summary>
    /// <param name="term">That term.</param>
    /// <param name="there">Term of the log's entry there.</param>
    internal static bool IsContinuedBy(Term term, Term? there) => there == term || Mutants.SnapshotKeepsSuffix;
}

/// <summary>What a snapshot that was fetched is worth to a node.</summary>
public enum SnapshotOutcome
{
    /// <summary>
    /// Nothing: everything in it is committed here already, or no leader that this node follows has named so much as
    /// committed.
    /// </summary>
    Ignored,

    /// <summary>The own log holds it: what it stands for is committed now, and the log goes on.</summary>
    Committed,

    /// <summary>The own log ends before it, or contradicts it: log and state are to be replaced.</summary>
    Replaces,
}
