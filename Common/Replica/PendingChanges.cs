using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Configuration changes that stand in the log, and who is to be told when they are committed.</summary>
internal sealed class PendingChanges
{
    // One change is in flight at a time, but several may ask about the same one.
    private readonly List<Entry> _entries = [];

    private readonly record struct Entry(LogIndex Index, Term Term, Action<bool> Done);

    /// <summary>Calls back when the entry at an index is applied (true) or has been overwritten (false).</summary>
    public void Add(LogIndex index, Term term, Action<bool> done) => _entries.Add(new Entry(index, term, done));

    /// <summary>An entry is being applied.</summary>
    public void Applied(LogIndex index, Term term)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (entry.Index > index)
                continue;
            _entries.RemoveAt(i);
            entry.Done(entry.Index == index && entry.Term == term);
        }
    }

    /// <summary>The log was cut from an index on.</summary>
    public void Truncate(LogIndex from)
    {
        for (int i = _entries.Count - 1; i >= 0; i--)
        {
            Entry entry = _entries[i];
            if (entry.Index < from)
                continue;
            _entries.RemoveAt(i);
            entry.Done(false);
        }
    }
}
