using System.Globalization;

namespace Chorus.Simulation;

/// <summary>How a seed ended.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Failure">Null, or the violated invariant and how.</param>
/// <param name="TraceHash">Hash over everything that happened: the same for every run of the seed.</param>
/// <param name="Summary">What the run was like.</param>
/// <param name="Tail">The last lines before a failure.</param>
internal sealed record SimulationResult(
    ulong Seed, string? Failure, ulong TraceHash, RunSummary Summary, IReadOnlyList<string> Tail)
{
    public bool IsClean => Failure is null;
}

/// <summary>What a run was like, so that an idle one does not pass for a test.</summary>
/// <param name="SimulatedSeconds">Time in the simulation.</param>
/// <param name="Events">Events that ran.</param>
/// <param name="Writes">Writes acknowledged.</param>
/// <param name="Reads">Reads answered.</param>
/// <param name="LeaseReads">Reads answered that were asked for by lease.</param>
/// <param name="LogReads">Reads answered that were asked for through the log.</param>
/// <param name="StaleReads">Stale reads answered.</param>
/// <param name="StepsWithLease">Steps after which a leader held a lease.</param>
/// <param name="Committed">Entries committed.</param>
/// <param name="Elections">Elections won.</param>
/// <param name="Strikes">Faults that struck.</param>
/// <param name="MemberChanges">Members added, removed and replaced.</param>
/// <param name="Several">Changes of several members at once among these.</param>
/// <param name="Transfers">Times that the leadership was handed over on request.</param>
/// <param name="Dropped">Entries that were truncated.</param>
/// <param name="Followed">Records that observers have in the end, all together.</param>
/// <param name="FeedLost">Messages that feeds dropped.</param>
/// <param name="Lies">Messages that were changed on their way.</param>
/// <param name="Fetched">Records that replicas far behind have fetched from others.</param>
/// <param name="Snapshots">Snapshots taken.</param>
/// <param name="ForMembers">Of them, those taken because a member had to begin from one.</param>
/// <param name="Restored">Starts from a snapshot.</param>
/// <param name="Installed">Snapshots of others that replaced a log.</param>
/// <param name="Cuts">Times that a log was cut.</param>
/// <param name="Repaired">Holes in damaged logs that were filled.</param>
internal readonly record struct RunSummary(
    double SimulatedSeconds, long Events, int Writes, int Reads, int LeaseReads, int LogReads, int StaleReads,
    long StepsWithLease, ulong Committed, int Elections, int Strikes,
    int MemberChanges, int Several, int Transfers, long Dropped, ulong Followed, long FeedLost, long Lies, long Fetched,
    long Snapshots, long ForMembers, long Restored, long Installed, long Cuts, int Repaired)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{SimulatedSeconds:F1} s, {Events} events, {Writes} writes, {Reads} reads "
        + $"({LeaseReads} by lease, {LogReads} through the log, {StaleReads} stale), {Committed} committed, "
        + $"{Elections} elections, {Strikes} faults, {MemberChanges} member changes, "
        + $"{Several} of several, {Transfers} transfers, "
        + $"{Dropped} truncated, "
        + $"{Followed} followed, {FeedLost} lost by feeds, {Lies} lies, {Fetched} fetched, "
        + $"{Snapshots} snapshots, {ForMembers} of them for members, "
        + $"{Restored} restored, {Installed} installed, {Cuts} cuts, {Repaired} repaired");
}
