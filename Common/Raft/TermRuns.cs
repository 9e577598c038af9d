using System.Runtime.InteropServices;

namespace Chorus.Raft;

/// <summary>
/// The core's picture of the log: which term stands at which index, as one run for each term. Its memory
/// grows with elections, not with entries. What stood up to <see cref="Base"/> was cut off behind a snapshot.
/// </summary>
/// <remarks>
/// Invariants, with runs r₀ … rₙ: rᵢ.First &lt; rᵢ₊₁.First ≤ Last and rᵢ.Term &lt; rᵢ₊₁.Term (terms never
/// fall along a log); r₀.First = Base + 1 unless the log is empty.
/// </remarks>
internal sealed class TermRuns
{
    private readonly List<TermRun> _runs = [];

    /// <summary>Takes over the log found on the disk.</summary>
    /// <param name="log">Begins behind <see cref="Base"/>.</param>
    /// <param name="before">Term of the entry before; 0 at index 0.</param>
    public TermRuns(EntryRange log, Term before = default)
    {
        Base = Last = log.From.Previous;
        BaseTerm = before;
        Check.That((Base == LogIndex.Zero) == (BaseTerm == Term.Zero), "a log begins at index 1 or behind an entry");
        Append(log, log.From);
    }

    /// <summary>The entry before the first: of it the term alone is known. 0 for a log from its beginning.</summary>
    public LogIndex Base { get; private set; }

    /// <summary>Term of <see cref="Base"/>.</summary>
    public Term BaseTerm { get; private set; }

    /// <summary>Last index; <see cref="Base"/> while there is no entry.</summary>
    public LogIndex Last { get; private set; }

    /// <summary>Term of the last entry; that of <see cref="Base"/> while there is none.</summary>
    public Term LastTerm => _runs.Count == 0 ? BaseTerm : _runs[^1].Term;

    /// <summary>Term of an entry or of <see cref="Base"/>; 0 at index 0; null beyond the end and before the
    /// base.</summary>
    public Term? TermAt(LogIndex index)
    {
        if (index > Last || index < Base)
            return null;
        return index == Base ? BaseTerm : _runs[RunOf(index)].Term;
    }

    /// <summary>First index of the run in which an entry stands.</summary>
    public LogIndex RunStart(LogIndex index) => _runs[RunOf(index)].First;

    /// <summary>
    /// Largest index up to a limit whose term is at most <paramref name="term"/>, as far as the log is known; 0 when
    /// there is none.
    /// </summary>
    public LogIndex LastAtMost(Term term, LogIndex limit)
    {
        LogIndex end = LogIndex.Min(limit, Last);
        while (end > Base)
        {
            TermRun run = _runs[RunOf(end)];
            if (run.Term <= term)
                return end;
            end = run.First.Previous;
        }
        return end == Base && BaseTerm <= term ? Base : LogIndex.Zero;
    }

    /// <summary>Whether a log that ends with (term, index) is at least as up to date as this one.</summary>
    /// <remarks>Raft §5.4.1.</remarks>
    public bool IsMatchedBy(Term lastTerm, LogIndex lastIndex) =>
        lastTerm > LastTerm || (lastTerm == LastTerm && lastIndex >= Last);

    /// <summary>
    /// First index of a range that this log lacks or holds with another term; the range's end when there is
    /// none.
    /// </summary>
    /// <remarks>
    /// Raft §5.3. Linear in the runs of the range, not in its entries. What was cut off is committed: there is no
    /// difference.
    /// </remarks>
    public LogIndex FirstDifference(EntryRange range)
    {
        LogIndex at = LogIndex.Max(range.From, Base.Next);
        for (int i = 0; i < range.Terms.Count; i++)
        {
            LogIndex until = i + 1 < range.Terms.Count ? range.Terms[i + 1].First : range.Until;
            while (at < until)
            {
                if (at > Last)
                    return at;
                int own = RunOf(at);
                if (_runs[own].Term != range.Terms[i].Term)
                    return at;
                at = LogIndex.Min(until, RunEnd(own));
            }
        }
        return LogIndex.Min(at, range.Until);
    }

    /// <summary>Appends entries of one term.</summary>
    public void Append(Term term, ulong count)
    {
        Check.That(term >= LastTerm, "terms never fall along a log");
        Check.That(count > 0, "an append without entries");
        if (term > LastTerm || _runs.Count == 0)
            _runs.Add(new TermRun(Last.Next, term));
        Last += count;
    }

    /// <summary>
    /// Appends the entries <c>[from, range.Until)</c> of a range; <paramref name="from"/> follows the last
    /// entry.
    /// </summary>
    public void Append(EntryRange range, LogIndex from)
    {
        Check.That(from == Last.Next, "entries are appended without a gap");
        for (int i = 0; i < range.Terms.Count; i++)
        {
            LogIndex until = i + 1 < range.Terms.Count ? range.Terms[i + 1].First : range.Until;
            if (until > Last.Next)
                Append(range.Terms[i].Term, until - Last.Next);
        }
    }

    /// <summary>Drops the entries from an index on.</summary>
    public void TruncateFrom(LogIndex from)
    {
        Check.That(from > Base && from <= Last, "only entries that are there can be dropped");
        while (_runs.Count > 0 && _runs[^1].First >= from)
            _runs.RemoveAt(_runs.Count - 1);
        Last = from.Previous;
    }

    /// <summary>Forgets the entries up to an index.</summary>
    public void CutUpTo(LogIndex index)
    {
        Check.That(index >= Base && index <= Last, "only entries that are there are cut off");
        if (index == Base)
            return;
        int run = RunOf(index);
        BaseTerm = _runs[run].Term;
        Base = index;
        bool isWhole = RunEnd(run) == index.Next;
        _runs.RemoveRange(0, isWhole ? run + 1 : run);
        if (!isWhole)
            _runs[0] = _runs[0] with { First = index.Next };
    }

    /// <summary>Runs of the entries <c>[from, until)</c>, as a message carries them.</summary>
    public TermRun[] Slice(LogIndex from, LogIndex until)
    {
        Check.That(from <= until && until <= Last.Next, "a slice lies inside the log");
        if (from == until)
            return [];
        int first = RunOf(from);
        int last = RunOf(until.Previous);
        TermRun[] slice = CollectionsMarshal.AsSpan(_runs)[first..(last + 1)].ToArray();
        slice[0] = slice[0] with { First = from };
        return slice;
    }

    private LogIndex RunEnd(int run) => run + 1 < _runs.Count ? _runs[run + 1].First : Last.Next;

    private int RunOf(LogIndex index)
    {
        Check.That(index > Base && index <= Last, "the entry stands in the log");
        int low = 0;
        int high = _runs.Count - 1;
        // Almost every question is about the newest term.
        if (_runs[high].First <= index)
            return high;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_runs[middle].First <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }
}
