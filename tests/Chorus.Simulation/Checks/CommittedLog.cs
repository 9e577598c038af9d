namespace Chorus.Simulation.Checks;

/// <summary>What has been committed, as whoever knew it first had it. It only grows.</summary>
internal sealed class CommittedLog
{
    private readonly List<(LogEntry Entry, ulong InTerm)> _entries = [];

    /// <summary>Last committed index.</summary>
    public ulong Last => (ulong)_entries.Count;

    /// <summary>A committed entry; the empty one where there is none.</summary>
    public LogEntry At(ulong index) =>
        index == 0 || index > Last ? default : _entries[(int)index - 1].Entry;

    /// <summary>An entry is committed for the first time.</summary>
    /// <param name="entry">It.</param>
    /// <param name="term">Term of the node that commits it.</param>
    public void Add(LogEntry entry, ulong term) => _entries.Add((entry, term));

    /// <summary>Last index that was committed in a term before another one; its leader must have it.</summary>
    public ulong LastBefore(ulong term)
    {
        ulong index = Last;
        while (index > 0 && _entries[(int)index - 1].InTerm >= term)
            index--;
        return index;
    }
}
