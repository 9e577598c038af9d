using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>What there is to count in a log.</summary>
internal sealed class LogStatistics
{
    private readonly Dictionary<RecordKind, (ulong Records, long Bytes)> _kinds = [];
    private readonly List<(Term Term, LogIndex First, ulong Records)> _terms = [];

    public ulong Records { get; private set; }

    /// <summary>Bytes of records, headers included.</summary>
    public long Bytes { get; private set; }

    public int PayloadBytesMax { get; private set; }

    public RecordHeader First { get; private set; }

    public RecordHeader Last { get; private set; }

    /// <summary>Time of the first record that has one: a fixed start writes its first record without.</summary>
    public long StartMicros { get; private set; }

    /// <summary>Seconds from the first record to the last one.</summary>
    public double Seconds => StartMicros > 0 ? (Last.TimeMicros - StartMicros) / 1e6 : 0;

    public IEnumerable<(RecordKind Kind, ulong Records, long Bytes)> Kinds =>
        _kinds.OrderBy(kind => kind.Key).Select(kind => (kind.Key, kind.Value.Records, kind.Value.Bytes));

    public IReadOnlyList<(Term Term, LogIndex First, ulong Records)> Terms => _terms;

    public void Add(in RecordHeader header)
    {
        if (Records == 0)
            First = header;
        if (StartMicros == 0)
            StartMicros = header.TimeMicros;
        Records++;
        Bytes += header.RecordLength;
        PayloadBytesMax = Math.Max(PayloadBytesMax, header.PayloadLength);
        Last = header;
        (ulong records, long bytes) = _kinds.GetValueOrDefault(header.Kind);
        _kinds[header.Kind] = (records + 1, bytes + header.RecordLength);
        if (_terms.Count == 0 || _terms[^1].Term != header.Term)
            _terms.Add((header.Term, header.Index, 0));
        _terms[^1] = _terms[^1] with { Records = _terms[^1].Records + 1 };
    }
}
