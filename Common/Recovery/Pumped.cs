using Chorus.Common.Transfer;

namespace Chorus.Common.Recovery;

/// <summary>What one fetch took.</summary>
/// <param name="Transfer">From the first request to the last chunk.</param>
/// <param name="Install">Time spent in installing.</param>
/// <param name="Wall">From the first request until everything was installed.</param>
/// <param name="Sources">What each source brought.</param>
public sealed record Pumped(
    TimeSpan Transfer, TimeSpan Install, TimeSpan Wall, IReadOnlyList<FetchSourceReport> Sources)
{
    /// <summary>One fetch behind another.</summary>
    public static Pumped operator +(Pumped a, Pumped b) => new(
        a.Transfer + b.Transfer,
        a.Install + b.Install,
        a.Wall + b.Wall,
        [
            .. a.Sources.Concat(b.Sources).GroupBy(source => source.Address).Select(same => same.Last() with
            {
                Bytes = same.Sum(source => source.Bytes),
                Trouble = string.Join(" ", same.Select(source => source.Trouble).Where(text => text.Length > 0)),
            }),
        ]);
}
