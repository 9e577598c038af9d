using Chorus.Common.Replica;
using Chorus.Raft;

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
}
