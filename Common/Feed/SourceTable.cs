using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Feed;

/// <summary>
/// The sources of one follower: which one is followed, who is avoided, who may be asked for history. Heartbeats come
/// from all of them, records from one.
/// </summary>
internal sealed class SourceTable(
    LogFollowerOptions options, IFeedInlet inlet, ITransferClientTransport transport, FollowerCounters counters,
    ILogger logger)
{
    private const long SayAgainMicros = 60_000_000;

    // So long after it was avoided a source that has delivered nothing since is still the last choice.
    private const long SuspicionMicros = 30_000_000;

    private readonly List<FeedSource> _sources = [];
    private readonly Dictionary<string, FeedSource> _byAddress = [];
    private FeedSource? _previous;
    private long _previousUntilMicros;
    private long _preferAtMicros;
    private long _listenUntilMicros;
    private long _sampleAtMicros;
    private LogIndex _reference;
    private LogIndex _nextReference;

    /// <summary>All sources, in the order in which they were named.</summary>
    public IReadOnlyList<FeedSource> All => _sources;

    /// <summary>Whom the follower follows; null when nobody can be followed.</summary>
    public FeedSource? Chosen { get; private set; }

    /// <summary>Whether records are wanted of whom the follower follows; otherwise heartbeats only.</summary>
    public bool WantsBatches { get; private set; } = true;

    /// <summary>Wants records of whom the follower follows, or no longer.</summary>
    public void WantBatches(bool wanted)
    {
        WantsBatches = wanted;
        if (!wanted)
            ForgetPrevious();
        if (Chosen is { } chosen)
            Want(chosen, InterestInChosen);
    }

    /// <summary>Finds who sent a message.</summary>
    public FeedSource? Find(string feedAddress) => _byAddress.GetValueOrDefault(feedAddress);

    /// <summary>Finds who answered a request.</summary>
    public FeedSource? FindByTransfer(string address) => _sources.Find(s => s.Who.TransferAddress == address);

    /// <summary>Takes a new list. What is known about those who stay is kept.</summary>
    public void Use(IReadOnlyList<FollowSource> named, long nowMicros)
    {
        if (_sources.Count == 0)
            _listenUntilMicros = nowMicros + options.ListenMicros;
        var wanted = new Dictionary<string, FollowSource>();
        foreach (FollowSource source in named)
        {
            if (source.FeedAddress.Length > 0 && wanted.Count < options.SourcesMax)
                wanted.TryAdd(source.FeedAddress, source);
        }
        foreach (FeedSource gone in _sources.Where(s => !wanted.ContainsKey(s.Who.FeedAddress)).ToArray())
            Remove(gone);
        foreach (FollowSource source in wanted.Values)
        {
            if (_byAddress.TryGetValue(source.FeedAddress, out FeedSource? known))
            {
                if (known.Who.TransferAddress != source.TransferAddress && known.Who.TransferAddress.Length > 0)
                    transport.Disconnect(known.Who.TransferAddress);
                known.Who = source;
                continue;
            }
            var added = new FeedSource(source, Tie(source.FeedAddress));
            _sources.Add(added);
            _byAddress.Add(source.FeedAddress, added);
            Want(added, FeedInterest.Heartbeats);
        }
    }

    /// <summary>Whether a source has said something usable a short while ago.</summary>
    public bool IsHeard(FeedSource source, long nowMicros) =>
        source.HasSpoken && nowMicros - source.HeardMicros <= options.SilenceMicros;

    /// <summary>The follower itself was not running for a while: nobody was silent in that time.</summary>
    public void Forgive(long pauseMicros)
    {
        foreach (FeedSource source in _sources)
            source.HeardMicros += pauseMicros;
    }

    /// <summary>Leaves a source for cause, for a time that doubles with each time.</summary>
    public void Avoid(FeedSource source, SourceTrouble trouble, string why, long nowMicros)
    {
        long pause = BackOff(source.Strikes++);
        source.AvoidUntilMicros = nowMicros + pause;
        Say(source, trouble, why, pause, nowMicros);
        // What it said about how far the log is no longer counts against the others.
        LogIndex credible = Highest(nowMicros);
        _reference = LogIndex.Min(_reference, credible);
        _nextReference = LogIndex.Min(_nextReference, credible);
        if (Chosen == source)
            Leave(nowMicros);
    }

    /// <summary>Asks a source for no history for a while.</summary>
    public void AvoidFetching(FeedSource source, string why, long nowMicros)
    {
        long pause = BackOff(source.FetchFailures++);
        source.FetchAfterMicros = nowMicros + pause;
        Say(source, SourceTrouble.NoTransfer, why, pause, nowMicros);
    }

    /// <summary>Notices silence and lag, and chooses.</summary>
    /// <param name="position">Last index that the follower has.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Judge(LogIndex position, long nowMicros)
    {
        Sample(nowMicros);
        if (_previous is not null && nowMicros >= _previousUntilMicros)
            ForgetPrevious();
        if (Chosen is { } chosen && !IsHeard(chosen, nowMicros))
        {
            long silent = (nowMicros - chosen.HeardMicros) / 1000;
            Say(chosen, SourceTrouble.Silent, $"nothing came from it for {silent} ms", 0, nowMicros);
            Leave(nowMicros);
        }
        if (Chosen is null && nowMicros < _listenUntilMicros && !_sources.TrueForAll(s => s.HasSpoken))
            return;
        bool isLeaving = Chosen is null || IsBehind(Chosen);
        if (!isLeaving && nowMicros < _preferAtMicros)
            return;
        _preferAtMicros = nowMicros + options.PreferMicros;
        FeedSource? best = Best(position, nowMicros);
        if (best is null || best == Chosen
            || (!isLeaving && (best.Rank >= Chosen!.Rank || IsSuspect(best, nowMicros))))
            return;
        if (Chosen is { } behind && isLeaving)
        {
            Say(
                behind, SourceTrouble.Behind,
                $"it is at index {behind.Commit}, others were at {_reference} a second ago", 0, nowMicros);
            counters.Failovers++;
        }
        Choose(best, nowMicros);
        logger.Follows(options.Name, best.Who.Id, best.Role, position.Next);
    }

    /// <summary>Who is asked for history: the one that is followed, or else the best of the others.</summary>
    public FeedSource? ForHistory(LogIndex position, long nowMicros)
    {
        if (Chosen is { } chosen && CanServe(chosen, position, nowMicros))
            return chosen;
        FeedSource? best = null;
        foreach (FeedSource source in _sources)
        {
            if (CanServe(source, position, nowMicros) && (best is null || IsBetter(source, best, position, nowMicros)))
                best = source;
        }
        return best;
    }

    private FeedInterest InterestInChosen => WantsBatches ? FeedInterest.Everything : FeedInterest.Heartbeats;

    private bool CanServe(FeedSource source, LogIndex position, long nowMicros) =>
        IsHeard(source, nowMicros) && nowMicros >= source.AvoidUntilMicros && nowMicros >= source.FetchAfterMicros
        && source.Commit > position && source.Who.TransferAddress.Length > 0;

    private FeedSource? Best(LogIndex position, long nowMicros)
    {
        FeedSource? best = null;
        foreach (FeedSource source in _sources)
        {
            if (!IsHeard(source, nowMicros) || nowMicros < source.AvoidUntilMicros || IsBehind(source))
                continue;
            if (best is null || IsBetter(source, best, position, nowMicros))
                best = source;
        }
        return best;
    }

    private static bool IsSuspect(FeedSource source, long nowMicros) =>
        source.Strikes > 0 && nowMicros < source.AvoidUntilMicros + SuspicionMicros;

    private static bool IsBetter(FeedSource a, FeedSource b, LogIndex position, long nowMicros)
    {
        if (IsSuspect(a, nowMicros) != IsSuspect(b, nowMicros))
            return IsSuspect(b, nowMicros);
        if (a.HasWrongChain != b.HasWrongChain)
            return b.HasWrongChain;
        bool aHasAll = a.Commit >= position, bHasAll = b.Commit >= position;
        if (aHasAll != bHasAll)
            return aHasAll;
        return a.Rank != b.Rank ? a.Rank < b.Rank : a.Tie < b.Tie;
    }

    private bool IsBehind(FeedSource source) => source.Commit < _reference;

    /// <summary>Notes how far the log is; what was noted before becomes what everybody must have by now.</summary>
    private void Sample(long nowMicros)
    {
        if (nowMicros < _sampleAtMicros)
            return;
        _sampleAtMicros = nowMicros + options.LagMicros;
        _reference = _nextReference;
        _nextReference = Highest(nowMicros);
    }

    private LogIndex Highest(long nowMicros)
    {
        LogIndex highest = LogIndex.Zero;
        foreach (FeedSource source in _sources)
        {
            if (IsHeard(source, nowMicros) && !IsSuspect(source, nowMicros) && !source.HasWrongChain)
                highest = LogIndex.Max(highest, source.Commit);
        }
        return highest;
    }

    private void Leave(long nowMicros)
    {
        counters.Failovers++;
        Choose(null, nowMicros);
    }

    private void Choose(FeedSource? source, long nowMicros)
    {
        ForgetPrevious();
        if (Chosen is { } left)
        {
            _previous = left;
            _previousUntilMicros = nowMicros + options.OverlapMicros;
        }
        Chosen = source;
        if (source is null)
            return;
        if (_previous == source)
            _previous = null;
        Want(source, InterestInChosen);
        counters.SourceChanges++;
    }

    private void ForgetPrevious()
    {
        if (_previous is { } previous && previous != Chosen)
            Want(previous, FeedInterest.Heartbeats);
        _previous = null;
    }

    private void Want(FeedSource source, FeedInterest interest)
    {
        if (source.Interest == interest)
            return;
        source.Interest = interest;
        inlet.Follow(source.Who.FeedAddress, interest);
    }

    private void Remove(FeedSource source)
    {
        if (_previous == source)
            _previous = null;
        if (Chosen == source)
            Chosen = null;
        _sources.Remove(source);
        _byAddress.Remove(source.Who.FeedAddress);
        Want(source, FeedInterest.None);
        if (source.Who.TransferAddress.Length > 0)
            transport.Disconnect(source.Who.TransferAddress);
    }

    private long BackOff(int times) => Math.Min(options.AvoidMicros << Math.Min(times, 16), options.AvoidMicrosMax);

    private void Say(FeedSource source, SourceTrouble trouble, string why, long pauseMicros, long nowMicros)
    {
        source.Trouble = why;
        if (source.SaidTrouble == trouble && nowMicros - source.SaidMicros < SayAgainMicros)
            return;
        source.SaidTrouble = trouble;
        source.SaidMicros = nowMicros;
        if (pauseMicros > 0)
            logger.Avoids(options.Name, source.Who.Id, pauseMicros / 1_000_000, why);
        else
            logger.Leaves(options.Name, source.Who.Id, why);
    }

    // FNV-1a, and the seed behind it: the same on every machine, for the simulator's sake.
    private ulong Tie(string address)
    {
        ulong hash = 14695981039346656037;
        foreach (char letter in address)
            hash = (hash ^ letter) * 1099511628211;
        return (hash ^ options.Seed) * 0x9E3779B97F4A7C15;
    }
}
