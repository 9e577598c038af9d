using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Simulation.Faults;
using Chorus.Simulation.World;

namespace Chorus.SimulationTests.Faults;

public sealed class LiarTests
{
    private static readonly Guid Cluster = new("c0c0c0c0-0000-4000-8000-00000000c0c0");
    private readonly SeededRandom _random = new(7);

    [Fact]
    public void A_liar_that_never_lies_changes_nothing()
    {
        byte[][] truth = Batch();

        Assert.Same(truth, new Liar(0).Change(truth, _random));
    }

    [Fact]
    public void Every_lie_can_be_told_from_the_truth_by_cluster_index_checksum_or_chain()
    {
        Liar liar = new(1);
        byte[][] truth = Batch();
        int believable = 0;
        int foreignButSound = 0;
        for (int i = 0; i < 5_000; i++)
        {
            byte[][] lie = liar.Change(truth, _random);
            if (lie[2].AsSpan().SequenceEqual(truth[2]) || !IsSound(lie, out Guid cluster))
                continue;
            foreignButSound += cluster == Cluster ? 0 : 1;
            believable += cluster == Cluster ? 1 : 0;
        }

        Assert.Equal(0, believable);
        Assert.True(foreignButSound > 100, "the records of another cluster are sound, or its id would not matter");
        Assert.Equal(5_000, liar.Told);
    }

    /// <summary>Whether records continue record 4 as somebody knows it who does not look at the cluster.</summary>
    private static bool IsSound(byte[][] frames, out Guid cluster)
    {
        cluster = default;
        if (!FeedHeader.TryDecode(frames[1], out FeedHeader header) || frames[2].Length == 0)
            return false;
        cluster = header.ClusterId;
        if (header.First != new LogIndex(5) || header.PreviousChain != 99)
            return false;
        var reader = new RecordReader(frames[2], header.First, verify: true);
        uint count = 0;
        ulong chain = 99;
        while (reader.Read())
        {
            ReadOnlySpan<byte> record = frames[2].AsSpan(reader.Offset, reader.Header.RecordLength);
            if (RecordCodec.Chain(chain, record) != reader.Header.Chain)
                return false;
            chain = reader.Header.Chain;
            count++;
        }
        return reader.Error is null && count == header.Count;
    }

    private static byte[][] Batch()
    {
        byte[] records = new byte[2 * (RecordHeader.SizeBytes + 10)];
        ulong chain = 99;
        for (int i = 0; i < 2; i++)
        {
            Span<byte> record = records.AsSpan(i * (RecordHeader.SizeBytes + 10), RecordHeader.SizeBytes + 10);
            chain = RecordCodec.Encode(
                record, new LogIndex(5 + (ulong)i), new Term(3), chain, 1_000, RecordKind.Command, new byte[10]);
        }
        byte[] header = new byte[FeedHeader.SizeBytes];
        new FeedHeader(
            FeedMessageKind.Batch, FeedRole.Follower, Cluster, new Term(3), new LogIndex(5), 2, new LogIndex(6), 99,
            1_000).Encode(header);
        return [[.. FeedTopics.Log], header, records];
    }
}
