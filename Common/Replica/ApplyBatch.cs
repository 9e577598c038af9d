using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// One batch on its way through the applying thread: records to apply, then reads to serve, and what came of them. The
/// loop fills it, the applying thread works on it, the loop takes the results; never two of them at once.
/// </summary>
/// <param name="state">Used by the applying thread only.</param>
internal sealed class ApplyBatch(ReplicatedState state) : IDiskJob
{
    /// <summary>Most bytes of records in a batch; a single record may be larger.</summary>
    public const long RecordBytesMax = 256 << 10;

    /// <summary>
    /// Once a batch has made so many bytes of answers, the rest of it is left for the next one.
    /// </summary>
    public const int AnswerBytesMax = 4 << 20;

    private readonly ArrayBufferWriter<byte> _records = new();
    private readonly ArrayBufferWriter<byte> _answers = new();
    private readonly List<PendingRead> _reads = [];
    private readonly List<Applied> _applied = [];
    private readonly List<Served> _served = [];
    private volatile bool _isFinished;

    /// <summary>A record has been applied.</summary>
    public readonly record struct Applied(
        LogIndex Index, Term Term, RecordKind Kind, ReplicatedState.Outcome Outcome, Range Answer);

    /// <summary>A read has been served.</summary>
    public readonly record struct Served(Code Code, Range Answer, string Message);

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty => _records.WrittenCount == 0 && _reads.Count == 0 && TableFor is null
        && Snapshot is null;

    /// <summary>What is due for a snapshot, behind all else; null: nothing. To be set before the batch is posted.
    /// </summary>
    public SnapshotStep? Snapshot { get; set; }

    /// <summary>Whether the applying thread is done with it.</summary>
    public bool IsFinished => _isFinished;

    /// <summary>Null, or why the batch failed.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Last index applied, before it and by it.</summary>
    public LogIndex AppliedIndex { get; private set; }

    /// <summary>Digest of the state at <see cref="AppliedIndex"/>.</summary>
    public ulong Digest { get; private set; }

    /// <summary>Sessions at <see cref="AppliedIndex"/>, and their digest.</summary>
    public (int Count, ulong Digest) Sessions { get; private set; }

    /// <summary>Term of a leader for which a copy of the sessions is to be made; null: none is wanted.</summary>
    public Term? TableFor { get; set; }

    /// <summary>The copy, as of <see cref="AppliedIndex"/>.</summary>
    public SessionTable? Table { get; private set; }

    /// <summary>The records that were applied, in order.</summary>
    public IReadOnlyList<Applied> Results => _applied;

    /// <summary>What the first reads were answered.</summary>
    public IReadOnlyList<Served> Answers => _served;

    /// <summary>Reads to serve behind the records; to be filled before the batch is posted.</summary>
    public List<PendingRead> Reads => _reads;

    /// <summary>Bytes of an answer.</summary>
    public ReadOnlySpan<byte> AnswerOf(Range answer) => _answers.WrittenSpan[answer];

    /// <summary>Begins a batch.</summary>
    public void Clear(LogIndex applied)
    {
        _records.ResetWrittenCount();
        _answers.ResetWrittenCount();
        _reads.Clear();
        _applied.Clear();
        _served.Clear();
        AppliedIndex = applied;
        (TableFor, Table) = (null, null);
        _isFinished = false;
    }

    /// <summary>Adds records.</summary>
    /// <param name="records">Whole records; copied.</param>
    public void Add(ReadOnlySpan<byte> records) => _records.Write(records);

    /// <inheritdoc/>
    public void Write()
    {
        var reader = new RecordReader(_records.WrittenSpan, AppliedIndex.Next, verify: false);
        while (_answers.WrittenCount < AnswerBytesMax && reader.Read())
        {
            RecordHeader header = reader.Header;
            int start = _answers.WrittenCount;
            ReplicatedState.Outcome outcome = state.Apply(header, reader.Payload, _answers);
            _applied.Add(new(header.Index, header.Term, header.Kind, outcome, start.._answers.WrittenCount));
            AppliedIndex = header.Index;
        }
        Check.That(reader.Error is null, "the log returns whole records");
        foreach (PendingRead read in _reads)
        {
            if (_answers.WrittenCount >= AnswerBytesMax || read.Index > AppliedIndex)
                break;
            int start = _answers.WrittenCount;
            Code code = state.Machine.Query(read.Query, _answers, out string message);
            _served.Add(new(code, start.._answers.WrittenCount, message));
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        if (_applied.Count > 0)
            state.Machine.Applied(AppliedIndex, state.Sessions);
        Snapshot?.Run(AppliedIndex);
        Digest = state.Machine.Digest;
        Sessions = (state.Sessions.Count, state.Sessions.Digest);
        if (TableFor is not null)
            Table = state.Sessions.Copy();
        _isFinished = true;
    }

    /// <inheritdoc/>
    public void Fail(Exception error)
    {
        Error = error;
        _isFinished = true;
    }
}
