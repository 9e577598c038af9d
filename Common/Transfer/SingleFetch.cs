using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// A fetch of what comes from one source at a time. When the source fails, another one goes on from where it was.
/// </summary>
public abstract class SingleFetch : IRecordFetch
{
    private const int MessagesPerRound = 64;
    private const long RoundMicros = 20_000;

    private readonly ITransferClientTransport _transport;
    private readonly IClock _clock;
    private readonly FetchSource[] _sources;
    private readonly FetchJudge _judge;
    private readonly ChunkPool _pool;
    private readonly Queue<FetchedRecords> _chunks = new();
    private FetchSource? _source;
    private int _opening;
    private int _taken;
    private long _openedMicros;
    private long _bytes;

    private protected SingleFetch(
        ITransferClientTransport transport, IClock clock, IReadOnlyList<string> sources, StripedFetchOptions? options)
    {
        Options = options ?? new StripedFetchOptions();
        Options.Validate();
        Check.That(sources.Count > 0, "a fetch has a source");
        (_transport, _clock) = (transport, clock);
        _sources = [.. sources.Distinct().Take(Options.SourcesMax).Select(address => new FetchSource(address))];
        _judge = new FetchJudge(_sources, Options.PatienceMicros);
        _judge.Progress(clock.MonotonicMicros);
        _pool = new ChunkPool(Options.Stream.ChunkBytes, Options.Stream.WindowChunks);
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

    private protected StripedFetchOptions Options { get; }

    /// <summary>Whether everything has come.</summary>
    private protected abstract bool IsWhole { get; }

    /// <summary>Index that a source must keep to be asked.</summary>
    private protected abstract LogIndex Wanted { get; }

    private protected abstract TransferStreamState StreamState { get; }

    private protected abstract string Reason { get; }

    private protected abstract TransferRefusal Refusal { get; }

    private protected abstract LogIndex FirstKept { get; }

    private protected abstract long StreamWorkMicros { get; }

    /// <inheritdoc/>
    public void DoWork()
    {
        if (State != FetchState.Running)
            return;
        long now = _clock.MonotonicMicros;
        bool more = Receive(now);
        if (_source is not null)
            Look(_source, now);
        bool isWaiting = _source is null && !IsWhole;
        // What came from the one before is used up first: so the memory stays that of one window.
        if (isWaiting && _taken == 0 && _chunks.Count == 0)
            Ask(now);
        NextWorkMicros = more ? now : now + RoundMicros;
        if (_source is not null)
            NextWorkMicros = Math.Min(NextWorkMicros, StreamWorkMicros);
        // A source that goes through its data and has nothing to send yet gives signs of life, or would be silent.
        bool isAlive = _source is not null && now - _openedMicros > Options.Stream.SilenceMicros;
        if (isAlive || _taken > 0 || _chunks.Count > 0)
            _judge.Progress(now);
        if (_judge.Judge(_source is null && !IsWhole ? Wanted : LogIndex.Zero, now) is { } failure)
            (State, Failure) = (FetchState.Failed, failure);
        else if (IsWhole && _chunks.Count == 0)
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
            ReleaseChunk(_clock.MonotonicMicros);
        _pool.Return(chunk);
    }

    /// <inheritdoc/>
    public void Close()
    {
        CloseStream();
        _source = null;
    }

    private protected abstract void OpenStream(string address, long nowMicros);

    /// <summary>Takes a message; what is handed out is verified and lies in <paramref name="body"/>.</summary>
    private protected abstract bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros,
        out ReadOnlySpan<byte> bytes);

    /// <summary>Says of a chunk what it is.</summary>
    private protected abstract void Describe(FetchedRecords chunk);

    private protected abstract void PollStream(long nowMicros);

    /// <summary>The stream has ended; what it brought counts.</summary>
    private protected abstract void StreamEnded();

    private protected abstract void ReleaseChunk(long nowMicros);

    private protected abstract void CloseStream();

    private bool Receive(long now)
    {
        for (int i = 0; i < MessagesPerRound; i++)
        {
            if (!_transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                return false;
            if (_source is not null && TryAccept(address, header, body, now, out ReadOnlySpan<byte> bytes))
                Keep(bytes, now);
        }
        return true;
    }

    private void Keep(ReadOnlySpan<byte> bytes, long now)
    {
        if (bytes.IsEmpty)
            return;
        FetchedRecords chunk = _pool.Fill(bytes);
        chunk.Opening = _opening;
        Describe(chunk);
        _chunks.Enqueue(chunk);
        _bytes += bytes.Length;
        _source!.Brought(bytes.Length, _bytes * 1e6 / Math.Max(1, now - _openedMicros));
        ReceivedMicros = now;
        _judge.Progress(now);
    }

    private void Ask(long now)
    {
        foreach (FetchSource source in _sources)
        {
            if (!source.IsUsable(now) || Wanted < source.FirstKept)
                continue;
            if (BegunMicros == 0)
                BegunMicros = now;
            _opening++;
            (_source, _openedMicros, _bytes) = (source, now, 0);
            source.Began();
            OpenStream(source.Address, now);
            return;
        }
    }

    private void Look(FetchSource source, long now)
    {
        PollStream(now);
        TransferStreamState state = StreamState;
        if (state == TransferStreamState.Open)
            return;
        string reason = Reason;
        StreamEnded();
        _source = null;
        source.Ended();
        switch (state)
        {
            case TransferStreamState.Silent:
                _transport.Disconnect(source.Address);
                source.BackOff(FetchFailureKind.Unreachable, reason, now, Options.BackOffMicros);
                break;
            case TransferStreamState.Untrue:
                source.Distrust(reason, now, Options);
                break;
            case TransferStreamState.Refused:
                source.Refuse(Refusal, FirstKept, Wanted, reason, now, Options);
                break;
        }
    }
}
