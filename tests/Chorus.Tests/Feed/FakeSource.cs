using Chorus.Common.Feed;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Transfer;

namespace Chorus.Tests.Feed;

/// <summary>A replica or logger as a follower sees it: publishes and serves a log in memory.</summary>
internal sealed class FakeSource(string name, TestRecords log)
{
    public static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");

    public string Name => name;

    public string FeedAddress => name + ":16000";

    public string TransferAddress => name + ":14000";

    public TestRecords Log { get; set; } = log;

    public Guid ClusterId { get; set; } = Cluster;

    public FeedRole Role { get; set; }

    public ulong Commit { get; set; }

    public ulong FirstKept { get; set; } = 1;

    /// <summary>Whether it says anything on its feed.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>Whether it answers on its transfer socket.</summary>
    public bool Serves { get; set; } = true;

    /// <summary>Time between two chunks; 0: they all leave at once.</summary>
    public long ChunkMicros { get; set; }

    public FeedInterest Interest { get; set; }

    public FollowSource Who => new(name, FeedAddress, TransferAddress, Role == FeedRole.Logger);

    public FeedHeader Header(FeedMessageKind kind, ulong first, uint count) => new(
        kind, Role, ClusterId, new Term(1000), new LogIndex(first), count, new LogIndex(Commit),
        first <= 1 || !Log.Has(first - 1) ? 0 : Log.HeaderAt(first - 1).Chain, 0);

    /// <summary>What it answers to a request for a stream.</summary>
    public IEnumerable<(TransferHeader Header, byte[] Body)> Serve(TransferHeader open)
    {
        ulong first = open.First.Value;
        var common = new TransferHeader
        {
            Type = TransferMessageType.Refused,
            Content = TransferContent.Log,
            ClusterId = ClusterId,
            Stream = open.Stream,
            Limit = new LogIndex(Commit),
        };
        TransferRefusal refusal = Refusal(open);
        if (refusal != TransferRefusal.None)
        {
            yield return (common with { Refusal = refusal, First = new LogIndex(FirstKept) }, []);
            yield break;
        }
        ulong until = open.Until.Value == 0 ? Commit + 1 : Math.Min(open.Until.Value, Commit + 1);
        const ulong recordsPerChunk = 3;
        for (ulong at = first; at < until; at += recordsPerChunk)
        {
            ulong end = Math.Min(until, at + recordsPerChunk);
            yield return (
                common with
                {
                    Type = TransferMessageType.Chunk,
                    First = new LogIndex(at),
                    Until = new LogIndex(end),
                    Count = (uint)(end - at),
                    Chain = Log.HeaderAt(at - 1).Chain,
                },
                Log.Range(at, end));
        }
        if (open.Until.Value == 0 || until == open.Until.Value)
            yield return (common with { Type = TransferMessageType.End, First = new LogIndex(until) }, []);
    }

    private TransferRefusal Refusal(TransferHeader open)
    {
        if (open.ClusterId != ClusterId)
            return TransferRefusal.WrongCluster;
        if (open.First.Value < FirstKept)
            return TransferRefusal.NoLongerKept;
        if (open.First.Value > Commit + 1)
            return TransferRefusal.NotYetThere;
        return open.IsChainKnown && Log.HeaderAt(open.First.Value - 1).Chain != open.Chain
            ? TransferRefusal.WrongChain
            : TransferRefusal.None;
    }
}
