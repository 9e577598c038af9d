namespace Chorus.Raft;

/// <summary>
/// Entries <c>[From, Until)</c> as the core sees them: their terms, and the configurations among them by
/// value. Payloads stay outside.
/// </summary>
/// <param name="From">First index.</param>
/// <param name="Until">Index behind the last entry; equal to <paramref name="From"/> when there is none.</param>
/// <param name="Terms">
/// Runs that cover the range: the first begins at From, indexes and terms rise strictly.
/// </param>
/// <param name="Configurations">The configuration entries inside the range, by rising index.</param>
public sealed record EntryRange(
    LogIndex From,
    LogIndex Until,
    IReadOnlyList<TermRun> Terms,
    IReadOnlyList<ConfigurationEntry> Configurations)
{
    /// <summary>A range without entries, standing before <paramref name="from"/>.</summary>
    public static EntryRange EmptyAt(LogIndex from) => new(from, from, [], []);

    /// <summary>Number of entries.</summary>
    public ulong Count => Until - From;
}
