using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>A part of the range of a fetch: one stream at a time, at one source after another.</summary>
internal sealed class Stripe(LogStream stream)
{
    private long _openedMicros;
    private long _bytes;
    private FetchSource? _bringer;

    public LogStream Stream { get; } = stream;

    public LogIndex From { get; private set; }

    public LogIndex Until { get; private set; }

    /// <summary>The last record that came; before the first, of the index before <see cref="From"/>.</summary>
    public RecordHeader Last { get; private set; }

    /// <summary>Index of the next record.</summary>
    public LogIndex Next => Last.Index.Next;

    public bool HasRecords => Next > From;

    public bool IsComplete => Next == Until;

    /// <summary>Who sends it; null: nobody at the moment.</summary>
    public FetchSource? Source { get; private set; }

    /// <summary>Who sent its first record.</summary>
    public FetchSource? Beginner { get; private set; }

    /// <summary>Whether it is known to continue the stripe before it.</summary>
    public bool IsJoined { get; set; }

    /// <summary>Counts the streams: tells a chunk of this one from those of earlier ones.</summary>
    public int Opening { get; private set; }

    /// <summary>
    /// Whether the stream goes on behind records of another source, and has not brought one that continues them.
    /// </summary>
    public bool IsUnprovenResumption { get; private set; }

    public Queue<FetchedRecords> Chunks { get; } = new();

    /// <summary>Whether what is still to come is little enough to ask for another stripe.</summary>
    public bool IsAlmostDone => Until - Next <= (Until - From) / 8;

    public void Cut(LogIndex from, LogIndex until)
    {
        Check.That(until > from && Chunks.Count == 0 && Source is null, "a stripe is used again before it is done");
        (From, Until) = (from, until);
        Restart();
    }

    /// <summary>Forgets what came, which must not be in use any more.</summary>
    public void Restart()
    {
        Last = new RecordHeader(0, From.Previous, Term.Zero, 0, 0, RecordKind.NoOp);
        IsJoined = false;
        Beginner = _bringer = null;
    }

    public void Open(FetchSource source, Guid clusterId, long nowMicros)
    {
        Opening++;
        Source = source;
        source.Began();
        (_openedMicros, _bytes) = (nowMicros, 0);
        IsUnprovenResumption = HasRecords && _bringer != source;
        if (HasRecords)
            Stream.Open(source.Address, clusterId, Last, Until, nowMicros);
        else
            Stream.OpenAt(source.Address, clusterId, From, Until, nowMicros);
    }

    public void Add(FetchedRecords chunk, long nowMicros)
    {
        if (!HasRecords)
            Beginner = Source;
        if (IsUnprovenResumption && IsJoined)
            Source!.Confirm();
        IsUnprovenResumption = false;
        Last = chunk.Last;
        Chunks.Enqueue(chunk);
        _bytes += chunk.Length;
        _bringer = Source;
        Source!.Brought(chunk.Length, BytesPerSecond(nowMicros));
    }

    /// <summary>Bytes a second since it was opened.</summary>
    public double BytesPerSecond(long nowMicros) => _bytes * 1e6 / Math.Max(1, nowMicros - _openedMicros);

    public long MicrosOpen(long nowMicros) => nowMicros - _openedMicros;

    /// <summary>Leaves the source.</summary>
    public void Release()
    {
        if (Source is null)
            return;
        Stream.Close();
        Source.Ended();
        Source = null;
    }
}
