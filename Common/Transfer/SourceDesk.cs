using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Common.Transfer;

/// <summary>Says what a source has, and takes what observers report.</summary>
internal sealed class SourceDesk(TransferSource source)
{
    public byte[] Describe(LogExtent extent) => new LogDescription
    {
        Id = source.Id,
        ClusterId = ByteString.CopyFrom(extent.ClusterId.ToByteArray()),
        Kind = source.IsLogger ? "logger" : "replica",
        FirstIndex = extent.First.Value,
        LastIndex = extent.Limit.Index.Value,
        LastTerm = extent.Limit.Term.Value,
        LastChain = extent.Limit.Chain,
        LastTimeMicros = extent.Limit.TimeMicros,
        StateBase = source.StateBase,
        Members = { source.View.Configuration.All.Select(StatusReport.Describe) },
        Following = Describe(source.Following?.Newest),
    }.ToByteArray();

    private static Following? Describe(FollowingReport? report)
    {
        if (report is null)
            return null;
        var following = new Following
        {
            State = report.State,
            Why = report.Why,
            Cure = report.Cure,
            Source = report.Source,
            CommitIndex = report.Commit.Value,
        };
        foreach (KeyValuePair<string, long> counter in report.Counters)
            following.Counters.Add(counter.Key, (ulong)counter.Value);
        return following;
    }

    /// <summary>Takes a report; one of another cluster is none of this node's business.</summary>
    /// <returns>False when it is none.</returns>
    public bool TryTakeReport(in TransferHeader report, ReadOnlySpan<byte> body, long now)
    {
        string id = body.Length <= NodeId.LengthMax ? Encoding.ASCII.GetString(body) : "";
        if (!NodeId.IsValid(id))
            return false;
        if (source.View.Extent?.ClusterId == report.ClusterId)
        {
            source.Reports?.Set(
                new ObserverReport(new NodeId(id), report.Stream, report.First, report.Position, now));
        }
        return true;
    }
}
