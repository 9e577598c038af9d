using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Raft;

namespace Chorus.Tests.Replica;

/// <summary>Whose snapshot is fetched where nobody has the log any more.</summary>
public sealed class CatchUpSourcesTests
{
    private readonly CatchUpSources _sources = new(CatchUpNode.Options, node: null!, link: null!);

    [Fact]
    public void The_newest_of_the_snapshots_that_were_offered_is_taken_once()
    {
        Assert.Equal("", _sources.TakeNewest());
        _sources.Offered("c:14000", new LogIndex(70));
        _sources.Offered("d:14000", new LogIndex(90));
        _sources.Offered("o:14000", new LogIndex(80));
        Assert.Equal("d:14000", _sources.TakeNewest());
        Assert.Equal("", _sources.TakeNewest());
    }

    [Fact]
    public void Offers_count_for_nothing_once_somebody_brings_records()
    {
        _sources.Offered("c:14000", new LogIndex(70));
        _sources.Succeeded("d:14000");
        Assert.Equal("", _sources.TakeNewest());
    }

    [Fact]
    public void An_observer_with_the_whole_log_is_not_asked_while_others_offer_snapshots()
    {
        var cluster = new TestCluster(3);
        Member observer = TestCluster.MemberOf("o", 7, MemberKind.Observer);
        TestNode node = cluster.Add("a", 100, [new TestEntry(new Term(1), 0, cluster.Start.With(observer))]);
        var sources = new CatchUpSources(CatchUpNode.Options with { Id = node.Id }, node.Node, link: null!);
        HashSet<string> asked = [];
        for (string address = sources.Next(0); address.Length > 0; address = sources.Next(0))
        {
            asked.Add(address);
            sources.Offered(address, new LogIndex((ulong)asked.Count));
        }
        Assert.Equal(2, asked.Count);
        Assert.DoesNotContain(asked, address => address.StartsWith('o'));
        Assert.NotEqual("", sources.TakeNewest());
        foreach (string address in asked)
            sources.Failed(address, 0);
        Assert.StartsWith("o", sources.Next(0), StringComparison.Ordinal);
    }
}
