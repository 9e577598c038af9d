using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// Brings of a range of commands the last one of each key, from one source at a time: what a state still shows of an
/// earlier part depends on the later ones, so it cannot be cut into stripes. When the source fails, another one goes on
/// from where it was.
/// </summary>
/// <remarks>
/// Used as <see cref="StripedFetch"/>. Every record's checksum is verified; that none is missing only the digest of the
/// state can tell.
/// </remarks>
public sealed class CompactFetch : IRecordFetch
{
    private const int MessagesPerRound = 64;
    private const long RoundMicros = 20_000;

    private readonly ITransferClientTransport _transport;
    private readonly IClock _clock;
    private readonly FetchPlan _plan;
    private readonly StripedFetchOptions _options;
    private readonly FetchSource[] _sources;
    private readonly FetchJudge _judge;
    private readonly CompactStream _stream;
    private readonly ChunkPool _pool;
    private readonly Queue<FetchedRecords> _chunks = new();
    private FetchSource? _source;
    private LogIndex _next;
    private int _opening;
    private int _taken;
    private long _openedMicros;
    private long _bytes;

    /// <summary>Prepares a fetch; the first question is sent by <see cref="DoWork"/>.</summary>
    /// <param name="transport">Used by nobody else until the fetch has ended.</param>
    /// <param name="clock">For time-outs.</param>
    /// <param name="plan">What to bring; <see cref="FetchPlan.Previous"/> is of no use here.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public CompactFetch(
        ITransferClientTransport transport, IClock clock, FetchPlan plan, StripedFetchOptions? options = null)
    {
        _options = options ?? new StripedFetchOptions();
        _options.Validate();
        Check.That(plan.From > LogIndex.Zero && plan.Until > plan.From, "a fetch is of at least one entry");
        Check.That(plan.Sources.Count > 0, "a fetch has a source");
        (_transport, _clock, _plan, _next) = (transport, clock, plan, plan.From);
        _sources =
        [
            .. plan.Sources.Distinct().Take(_options.SourcesMax).Select(address => new FetchSource(address)),
        ];
        _judge = new FetchJudge(_sources, _options.PatienceMicros);
        _judge.Progress(clock.MonotonicMicros);
        _stream = new CompactStream(transport, 0, _options.Stream);
        _pool = new ChunkPool(_options.Stream.ChunkBytes, _options.Stream.WindowChunks);
    }

    /// <inheritdoc/>
    public FetchState State { get; private set; }

    /// <inheritdoc/>
    public FetchFailure? Failure { get; private set; }

    /// <inheritdoc/>
    public RecordHeader? Last { get; private set; }

    /// <inheritdoc/>
    public long BegunMicros { get; private set; }

    /// <inheritdoc/>
    public long ReceivedMicros { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<FetchSourceReport> Sources => [.. _sources.Select(source => source.Report)];

    /// <inheritdoc/>
    public long NextWorkMicros { get; private set; }

    /// <inheritdoc/>
    public void DoWork()
    {
        if (State != FetchState.Running)
            return;
        long now = _clock.MonotonicMicros;
        bool more = Receive(now);
        if (_source is not null)
            Look(_source, now);
        if (_source is null && _next < _plan.Until)
            Open(now);
        NextWorkMicros = more ? now : now + RoundMicros;
        if (_source is not null)
            NextWorkMicros = Math.Min(NextWorkMicros, _stream.NextWorkMicros);
        if (_taken > 0 || _chunks.Count > 0)
            _judge.Progress(now);
        // A source that reads its log and has found nothing to send yet gives signs of life; only silence counts.
        LogIndex wanted = _source is null && _next < _plan.Until ? _next : LogIndex.Zero;
        if (_judge.Judge(wanted, now) is { } failure)
            (State, Failure) = (FetchState.Failed, failure);
        else if (_next == _plan.Until && _chunks.Count == 0)
            State = FetchState.Complete;
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out FetchedRecords? chunk)
    {
        chunk = null;
        if (State == FetchState.Failed || !_chunks.TryDequeue(out chunk))
            return false;
        _taken++;
        Last = chunk.Last;
        return true;
    }

    /// <inheritdoc/>
    public void Return(FetchedRecords chunk)
    {
        _taken--;
        if (_source is not null && chunk.Opening == _opening)
            _stream.Release(_clock.MonotonicMicros);
        _pool.Return(chunk);
    }

    /// <inheritdoc/>
    public void Close()
    {
        _stream.Close();
        _source = null;
    }

    private bool Receive(long now)
    {
        for (int i = 0; i < MessagesPerRound; i++)
        {
            if (!_transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                return false;
            if (_source is not null
                && _stream.TryAccept(address, header, body, now, out ReadOnlySpan<byte> records))
                Keep(records, now);
        }
        return true;
    }

    private void Keep(ReadOnlySpan<byte> records, long now)
    {
        LogIndex first = _next;
        _next = _stream.Next;
        if (records.IsEmpty)
            return;
        FetchedRecords chunk = _pool.Fill(records);
        (chunk.First, chunk.Until, chunk.Opening) = (first, _next, _opening);
        for (; records.Length > 0; records = records[chunk.Last.RecordLength..])
            chunk.Last = RecordCodec.Header(records);
        _chunks.Enqueue(chunk);
        _bytes += chunk.Bytes.Length;
        _source!.Brought(chunk.Bytes.Length, _bytes * 1e6 / Math.Max(1, now - _openedMicros));
        ReceivedMicros = now;
        _judge.Progress(now);
    }

    private void Open(long now)
    {
        // What came from the one before is used up first: so the memory stays that of one window.
        if (_taken > 0 || _chunks.Count > 0)
            return;
        foreach (FetchSource source in _sources)
        {
            if (!source.IsUsable(now) || _next < source.FirstKept)
                continue;
            if (BegunMicros == 0)
                BegunMicros = now;
            _opening++;
            (_source, _openedMicros, _bytes) = (source, now, 0);
            source.Began();
            _stream.Open(source.Address, _plan.ClusterId, _next, _plan.Until, now);
            return;
        }
    }

    private void Look(FetchSource source, long now)
    {
        _stream.Poll(now);
        TransferStreamState state = _stream.State;
        if (state == TransferStreamState.Open)
            return;
        _next = _stream.Next;
        _source = null;
        source.Ended();
        switch (state)
        {
            case TransferStreamState.Silent:
                _transport.Disconnect(source.Address);
                source.BackOff(FetchFailureKind.Unreachable, _stream.Reason, now, _options.BackOffMicros);
                break;
            case TransferStreamState.Untrue:
                source.Distrust(_stream.Reason, now, _options);
                break;
            case TransferStreamState.Refused:
                source.Refuse(_stream.Refusal, _stream.FirstKept, _next, _stream.Reason, now, _options);
                break;
        }
    }
}
