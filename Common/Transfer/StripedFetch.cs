using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// Brings a range of the log from one or several sources at once, verified and in order. The range is cut into stripes,
/// each a stream at one source; one that dies, lies, refuses or is slow loses its stripes to others, which go on from
/// where it was.
/// </summary>
/// <remarks>
/// <code>
/// fetch.DoWork();                                   // takes what the transport has, asks for more; never waits
/// while (fetch.TryTake(out FetchedRecords? chunk))  // strictly in order, without a gap
///     ... use chunk, on any thread, then fetch.Return(chunk) on this one: only then more is sent
/// wait for the transport, not beyond fetch.NextWorkMicros
/// </code>
/// Every record is verified by its stream; where two stripes meet, the second must continue the chain of the first. If
/// it does not, one of the two sources holds another log: what most sources hold counts, and without a majority the
/// fetch fails. With one source it is a plain stream. Single-threaded.
/// </remarks>
public sealed class StripedFetch : IRecordFetch
{
    private const int MessagesPerRound = 64;
    private const long RoundMicros = 20_000;

    private readonly ITransferClientTransport _transport;
    private readonly IClock _clock;
    private readonly FetchPlan _plan;
    private readonly StripedFetchOptions _options;
    private readonly FetchSource[] _sources;
    private readonly FetchJudge _judge;
    private readonly StripeBoard _board;
    private readonly ChunkPool _pool;
    private RecordHeader? _tail;
    private int _taken;

    /// <summary>Prepares a fetch; the first question is sent by <see cref="DoWork"/>.</summary>
    /// <param name="transport">Used by nobody else until the fetch has ended.</param>
    /// <param name="clock">For time-outs.</param>
    /// <param name="plan">What to bring.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public StripedFetch(
        ITransferClientTransport transport, IClock clock, FetchPlan plan, StripedFetchOptions? options = null)
    {
        _options = options ?? new StripedFetchOptions();
        _options.Validate();
        Check.That(plan.From > LogIndex.Zero && plan.Until > plan.From, "a fetch is of at least one entry");
        Check.That(plan.Sources.Count > 0, "a fetch has a source");
        (_transport, _clock, _plan) = (transport, clock, plan);
        _sources =
        [
            .. plan.Sources.Distinct().Take(_options.SourcesMax).Select(address => new FetchSource(address)),
        ];
        _judge = new FetchJudge(_sources, _options.PatienceMicros);
        _judge.Progress(clock.MonotonicMicros);
        _board = new StripeBoard(transport, plan, _options, _sources.Length);
        _pool = new ChunkPool(_options.Stream.ChunkBytes, _board.ChunksMax);
        _tail = plan.Previous ?? (plan.From.Value == 1 ? default(RecordHeader) : null);
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
        NextWorkMicros = more ? now : now + RoundMicros;
        foreach (Stripe stripe in _board.Stripes)
            Look(stripe, now);
        Join();
        Assign(now);
        foreach (Stripe stripe in _board.Stripes)
        {
            if (stripe.Source is not null)
                NextWorkMicros = Math.Min(NextWorkMicros, stripe.Stream.NextWorkMicros);
        }
        // That the receiver takes his time with what he has is no fault of the sources.
        if (_taken > 0 || _board.Head is { IsJoined: true, Chunks.Count: > 0 })
            _judge.Progress(now);
        if (_judge.Judge(_board.Wanted, now) is { } failure)
            Fail(failure);
        else if (_board.IsUsedUp)
            Finish();
    }

    /// <inheritdoc/>
    public bool TryTake([NotNullWhen(true)] out FetchedRecords? chunk)
    {
        chunk = null;
        if (State == FetchState.Failed || _board.Head is not { IsJoined: true } head
            || !head.Chunks.TryDequeue(out chunk))
            return false;
        _taken++;
        Last = chunk.Last;
        if (_board.TryRetireHead(out RecordHeader last))
        {
            _tail = last;
            Join();
        }
        return true;
    }

    /// <inheritdoc/>
    public void Return(FetchedRecords chunk)
    {
        _taken--;
        Free(chunk);
    }

    /// <inheritdoc/>
    public void Close()
    {
        foreach (Stripe stripe in _board.Stripes)
            stripe.Release();
    }

    private void Free(FetchedRecords chunk)
    {
        _board.Freed();
        if (chunk.Stripe is { Source: not null } stripe && stripe.Opening == chunk.Opening)
            stripe.Stream.Release(_clock.MonotonicMicros);
        _pool.Return(chunk);
    }

    private bool Receive(long now)
    {
        for (int i = 0; i < MessagesPerRound; i++)
        {
            if (!_transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                return false;
            foreach (Stripe stripe in _board.Stripes)
            {
                if (stripe.Source is null
                    || !stripe.Stream.TryAccept(address, header, body, now, out ReadOnlySpan<byte> records))
                    continue;
                if (records.Length > 0)
                    Keep(stripe, records, now);
                break;
            }
        }
        return true;
    }

    private void Keep(Stripe stripe, ReadOnlySpan<byte> records, long now)
    {
        FetchedRecords chunk = _pool.Fill(records);
        (chunk.First, chunk.Until, chunk.Last) = (stripe.Next, stripe.Stream.Next, stripe.Stream.Last);
        (chunk.Stripe, chunk.Opening) = (stripe, stripe.Opening);
        stripe.Add(chunk, now);
        _board.Came(chunk);
        ReceivedMicros = now;
        _judge.Progress(now);
    }

    private void Look(Stripe stripe, long now)
    {
        if (stripe.Source is not { } source)
            return;
        LogStream stream = stripe.Stream;
        stream.Poll(now);
        TransferStreamState state = stream.State;
        if (state == TransferStreamState.Open)
            return;
        (string reason, TransferRefusal refusal) = (stream.Reason, stream.Refusal);
        stripe.Release();
        switch (state)
        {
            case TransferStreamState.Silent:
                // What the connection still holds would come late and be of use to nobody.
                Leave(source);
                source.BackOff(FetchFailureKind.Unreachable, reason, now, _options.BackOffMicros);
                break;
            case TransferStreamState.Untrue or TransferStreamState.Refused
                when stream.HoldsAnotherLog && stripe.IsUnprovenResumption:
                Conflict(stripe, source, reason, now);
                break;
            case TransferStreamState.Untrue:
                source.Distrust(reason, now, _options);
                break;
            case TransferStreamState.Refused:
                source.Refuse(refusal, stream.FirstKept, stripe.Next, reason, now, _options);
                break;
        }
        if (source.IsExcluded)
            Leave(source);
    }

    private void Leave(FetchSource source)
    {
        foreach (Stripe stripe in _board.Stripes)
        {
            if (stripe.Source == source)
                stripe.Release();
        }
        _transport.Disconnect(source.Address);
    }

    /// <summary>A source holds other records than the one that sent the beginning of a stripe.</summary>
    private void Conflict(Stripe stripe, FetchSource source, string reason, long now)
    {
        if (stripe.IsJoined)
        {
            source.Contradict(reason);
            return;
        }
        // Nobody knows yet which of the two continues the stripes before: so from its beginning again.
        source.BackOff(FetchFailureKind.Damaged, reason, now, _options.BackOffMicros);
        Restart(stripe);
    }

    private void Restart(Stripe stripe)
    {
        while (stripe.Chunks.TryDequeue(out FetchedRecords? chunk))
            Free(chunk);
        stripe.Restart();
    }

    private void Join()
    {
        if (_board.Head is not { IsJoined: false, HasRecords: true } head)
            return;
        FetchSource source = head.Beginner!;
        string? error = null;
        if (_tail is { } tail)
        {
            ReadOnlySpan<byte> records = head.Chunks.Peek().Bytes;
            error = RecordCheck.Continues(records[..(int)RecordCodec.Length(records)], tail);
        }
        if (error is null)
        {
            head.IsJoined = true;
            source.Confirm();
            return;
        }
        head.Release();
        Restart(head);
        source.Contradict(
            $"Its record {head.From} does not continue the records that others sent: {error}.");
        Leave(source);
    }

    private void Assign(long now)
    {
        bool onlyUndecided = !_judge.HasMajority;
        foreach (FetchSource source in _sources)
        {
            // While sources contradict each other, those that have said nothing yet are heard first.
            if (onlyUndecided && source.Agrees && _judge.HasUndecided)
                continue;
            while (source.IsUsable(now) && _board.Choose(source, now) is { } stripe)
            {
                if (BegunMicros == 0)
                    BegunMicros = now;
                stripe.Open(source, _plan.ClusterId, now);
            }
        }
    }

    private void Fail(FetchFailure failure)
    {
        Close();
        (State, Failure) = (FetchState.Failed, failure);
    }

    private void Finish()
    {
        if (_judge.HasMajority)
            State = FetchState.Complete;
        else
            Fail(_judge.Undecided(_plan.Until));
    }
}
