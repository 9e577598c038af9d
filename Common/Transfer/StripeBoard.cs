using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>The stripes of a fetch that are not used up, in order; cuts new ones, and says who is to send
/// which.</summary>
internal sealed class StripeBoard
{
    private const ulong FirstStripeEntries = 4096;
    private const int SlowFactor = 3;

    private readonly List<Stripe> _stripes = [];
    private readonly Stack<Stripe> _free = new();
    private readonly FetchPlan _plan;
    private readonly StripedFetchOptions _options;
    private readonly bool _isWhole;
    private LogIndex _cut;
    private int _held;
    private ulong _bytes;
    private ulong _entries;

    public StripeBoard(ITransferClientTransport transport, FetchPlan plan, StripedFetchOptions options, int sources)
    {
        (_plan, _options, _cut) = (plan, options, plan.From);
        _isWhole = sources == 1;
        int stripes = options.StripesPerSource * sources;
        for (int i = stripes - 1; i >= 0; i--)
            _free.Push(new Stripe(new LogStream(transport, (uint)i, options.Stream)));
        ChunksMax = options.Stream.WindowChunks * stripes;
    }

    public IReadOnlyList<Stripe> Stripes => _stripes;

    /// <summary>The stripe from which is taken; null: there is none.</summary>
    public Stripe? Head => _stripes.Count > 0 ? _stripes[0] : null;

    /// <summary>Most chunks in memory, but for one window more after each source that broke off.</summary>
    public int ChunksMax { get; }

    /// <summary>Whether everything was cut, received and taken.</summary>
    public bool IsUsedUp => _stripes.Count == 0 && _cut == _plan.Until;

    /// <summary>First index that has not come yet; 0: everything has.</summary>
    public LogIndex Wanted
    {
        get
        {
            foreach (Stripe stripe in _stripes)
            {
                if (!stripe.IsComplete)
                    return stripe.Next;
            }
            return _cut == _plan.Until ? LogIndex.Zero : _cut;
        }
    }

    private bool HasRoom =>
        _held + _stripes.Count(stripe => stripe.Source is not null) * _options.Stream.WindowChunks < ChunksMax;

    // As much as a window takes, so that a stripe comes whole while those before it are still on their way.
    private ulong StripeEntries
    {
        get
        {
            if (_isWhole)
                return _plan.Until - _cut;
            if (_entries == 0)
                return FirstStripeEntries;
            ulong mean = Math.Max(RecordHeader.SizeBytes, _bytes / _entries);
            ulong window = (ulong)_options.Stream.ChunkBytes * (ulong)_options.Stream.WindowChunks;
            return Math.Max(1, window / mean);
        }
    }

    /// <summary>Notes that a chunk came.</summary>
    public void Came(FetchedRecords chunk)
    {
        _held++;
        _bytes += (ulong)chunk.Length;
        _entries += chunk.Until - chunk.First;
    }

    /// <summary>Notes that a chunk's memory is free again.</summary>
    public void Freed() => _held--;

    /// <summary>Takes the first stripe away when it is used up.</summary>
    public bool TryRetireHead(out RecordHeader last)
    {
        last = default;
        if (Head is not { IsComplete: true, Chunks.Count: 0 } head)
            return false;
        head.Release();
        last = head.Last;
        _stripes.RemoveAt(0);
        _free.Push(head);
        return true;
    }

    /// <summary>Finds something for a source to send; null: nothing at the moment.</summary>
    public Stripe? Choose(FetchSource source, long nowMicros)
    {
        // The first one always, whatever else the source has to do: what came behind it is used up only after it.
        if (Head is { } head && (IsWaiting(head, source) || IsTooSlow(head, source, nowMicros)))
        {
            head.Source?.Outrun(head.BytesPerSecond(nowMicros));
            head.Release();
            return head;
        }
        if (!MayTakeMore(source) || (_stripes.Count > 0 && !HasRoom))
            return null;
        foreach (Stripe stripe in _stripes)
        {
            if (IsWaiting(stripe, source))
                return stripe;
        }
        return CutNext(source);
    }

    private static bool IsWaiting(Stripe stripe, FetchSource source) =>
        stripe is { Source: null, IsComplete: false } && stripe.Next >= source.FirstKept;

    private bool IsTooSlow(Stripe stripe, FetchSource other, long nowMicros) =>
        stripe is { Source: { } owner, IsComplete: false, Chunks.Count: 0 } && owner != other
        && stripe.MicrosOpen(nowMicros) >= _options.SlowMicros && stripe.Next >= other.FirstKept
        && other.BytesPerSecond > SlowFactor * stripe.BytesPerSecond(nowMicros);

    private bool MayTakeMore(FetchSource source)
    {
        if (source.Active >= _options.StripesPerSource)
            return false;
        foreach (Stripe stripe in _stripes)
        {
            if (stripe.Source == source && !stripe.IsAlmostDone)
                return false;
        }
        return true;
    }

    private Stripe? CutNext(FetchSource source)
    {
        if (_cut == _plan.Until || _free.Count == 0 || _cut < source.FirstKept)
            return null;
        Stripe stripe = _free.Pop();
        LogIndex until = LogIndex.Min(_plan.Until, _cut + StripeEntries);
        stripe.Cut(_cut, until);
        _cut = until;
        _stripes.Add(stripe);
        return stripe;
    }
}
