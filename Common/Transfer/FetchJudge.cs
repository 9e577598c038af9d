using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Says when a fetch cannot go on, and why.</summary>
internal sealed class FetchJudge(IReadOnlyList<FetchSource> sources, long patienceMicros)
{
    private static readonly FetchFailureKind[] ByWeight =
    [
        FetchFailureKind.Disagreement, FetchFailureKind.Damaged, FetchFailureKind.NoLongerKept,
        FetchFailureKind.WrongCluster, FetchFailureKind.NotServed, FetchFailureKind.NotYetThere,
    ];

    private long _progressMicros;

    /// <summary>Notes that something new came, or that nobody waits for anything.</summary>
    public void Progress(long nowMicros) => _progressMicros = nowMicros;

    /// <summary>Whether more sources hold what was handed out than contradict it.</summary>
    public bool HasMajority
    {
        get
        {
            int against = sources.Count(source => source.Disagrees);
            return against == 0 || sources.Count(source => source.Agrees) > against;
        }
    }

    /// <summary>Whether somebody who may still be asked has not said yet which records he holds.</summary>
    public bool HasUndecided => sources.Any(source => !source.IsExcluded && !source.Agrees);

    /// <summary>Looks at all sources.</summary>
    /// <param name="wanted">Next index of the first stripe that nobody sends; 0: there is none.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <returns>Null while there is hope.</returns>
    public FetchFailure? Judge(LogIndex wanted, long nowMicros)
    {
        if (!HasMajority && !HasUndecided)
            return Failure(FetchFailureKind.Disagreement, wanted);
        if (wanted == LogIndex.Zero)
            return null;
        FetchSource[] left = [.. sources.Where(source => !source.IsExcluded)];
        if (left.Length == 0)
            return Failure(Gravest(), wanted);
        if (left.All(source => source.FirstKept > wanted))
            return Failure(FetchFailureKind.NoLongerKept, wanted);
        return nowMicros - _progressMicros >= patienceMicros ? Failure(Gravest(), wanted) : null;
    }

    /// <summary>The failure of a fetch that is complete and still has no majority.</summary>
    public FetchFailure Undecided(LogIndex at) => Failure(FetchFailureKind.Disagreement, at);

    private FetchFailureKind Gravest() => ByWeight
        .Where(kind => sources.Any(source => source.Trouble.Length > 0 && source.TroubleKind == kind))
        .DefaultIfEmpty(FetchFailureKind.Unreachable)
        .First();

    private FetchFailure Failure(FetchFailureKind kind, LogIndex at)
    {
        ulong firstKept = sources.Select(source => source.FirstKept.Value).Where(first => first > 0)
            .DefaultIfEmpty().Min();
        string stories = string.Join(
            " ",
            sources.Where(source => source.Trouble.Length > 0).Select(source => $"{source.Address}: {source.Trouble}"));
        return new FetchFailure(kind, at, new LogIndex(firstKept), stories);
    }
}
