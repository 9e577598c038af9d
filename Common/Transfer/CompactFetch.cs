using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// Brings of a range of commands the last one of each key, from one source at a time: which one is the last of an
/// earlier part depends on the later ones, so it cannot be cut into stripes.
/// </summary>
/// <remarks>
/// Used as <see cref="StripedFetch"/>. Every record's checksum is verified; that none is missing only the digest of the
/// state can tell.
/// </remarks>
public sealed class CompactFetch : SingleFetch
{
    private readonly FetchPlan _plan;
    private readonly CompactStream _stream;
    private LogIndex _next;
    private LogIndex _before;

    /// <summary>Prepares a fetch; the first question is sent by <see cref="SingleFetch.DoWork"/>.</summary>
    /// <param name="transport">Used by nobody else until the fetch has ended.</param>
    /// <param name="clock">For time-outs.</param>
    /// <param name="plan">What to bring; <see cref="FetchPlan.Previous"/> is of no use here.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public CompactFetch(
        ITransferClientTransport transport, IClock clock, FetchPlan plan, StripedFetchOptions? options = null)
        : base(transport, clock, plan.Sources, options)
    {
        Check.That(plan.From > LogIndex.Zero && plan.Until > plan.From, "a fetch is of at least one entry");
        _plan = plan;
        _next = _before = plan.From;
        _stream = new CompactStream(transport, 0, Options.Stream);
    }

    private protected override bool IsWhole => _next == _plan.Until;

    private protected override LogIndex Wanted => _next;

    private protected override TransferStreamState StreamState => _stream.State;

    private protected override string Reason => _stream.Reason;

    private protected override TransferRefusal Refusal => _stream.Refusal;

    private protected override LogIndex FirstKept => _stream.FirstKept;

    private protected override long StreamWorkMicros => _stream.NextWorkMicros;

    private protected override void OpenStream(string address, long nowMicros) =>
        _stream.Open(address, _plan.ClusterId, _next, _plan.Until, nowMicros);

    private protected override bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros,
        out ReadOnlySpan<byte> bytes)
    {
        bool isOurs = _stream.TryAccept(address, header, body, nowMicros, out bytes);
        _before = _next;
        _next = _stream.Next;
        return isOurs;
    }

    private protected override void Describe(FetchedRecords chunk)
    {
        (chunk.First, chunk.Until) = (_before, _next);
        for (ReadOnlySpan<byte> rest = chunk.Bytes; rest.Length > 0; rest = rest[chunk.Last.RecordLength..])
            chunk.Last = RecordCodec.Header(rest);
    }

    private protected override void PollStream(long nowMicros) => _stream.Poll(nowMicros);

    private protected override void StreamEnded() => _next = _stream.Next;

    private protected override void ReleaseChunk(long nowMicros) => _stream.Release(nowMicros);

    private protected override void CloseStream() => _stream.Close();
}
