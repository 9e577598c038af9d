using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

public sealed class RepairSourcesTests
{
    private static readonly LogIndex Until = new(61);

    private readonly RepairSources _sources = new(
        new NodeId("n"),
        new Configuration(
            [Named("n", MemberKind.Voter), Named("a", MemberKind.Voter), Named("o", MemberKind.Observer)]),
        [], ["b:1", "o:1"], pauseMicros: 1);

    [Fact]
    public void An_observer_that_is_silent_holds_nothing_up_once_it_was_asked()
    {
        _sources.HasThemNoMore("a:1", new LogIndex(60));
        _sources.HasThemNoMore("b:1", LogIndex.Zero);
        Assert.Null(_sources.WhoStandsFor(Until));
        _sources.Failed("o:1", "silent", 0);
        Assert.Equal("a:1", _sources.WhoStandsFor(Until));
        Assert.Null(_sources.WhoStandsFor(Until.Next));
    }

    [Fact]
    public void An_observer_that_only_the_file_of_members_knows_is_one()
    {
        var sources = new RepairSources(
            new NodeId("n"), Configuration.Empty, [Named("a", MemberKind.Voter), Named("o", MemberKind.Observer)],
            ["o:1"], pauseMicros: 1);
        sources.HasThemNoMore("a:1", new LogIndex(60));
        sources.Failed("o:1", "silent", 0);
        Assert.Equal("a:1", sources.WhoStandsFor(Until));
    }

    [Theory]
    [InlineData("a:1")]
    [InlineData("b:1")]
    public void A_member_that_is_silent_and_anybody_who_is_no_known_observer_is_waited_for(string silent)
    {
        string other = silent == "a:1" ? "b:1" : "a:1";
        _sources.HasThemNoMore(other, new LogIndex(60));
        _sources.Failed("o:1", "silent", 0);
        _sources.Failed(silent, "silent", 0);
        Assert.Null(_sources.WhoStandsFor(Until));
        _sources.HasThemNoMore(silent, LogIndex.Zero);
        Assert.Equal(other, _sources.WhoStandsFor(Until));
        _sources.MayHaveThem(other);
        Assert.Null(_sources.WhoStandsFor(Until));
    }

    private static Member Named(string id, MemberKind kind) =>
        new(new NodeId(id), 1, kind, $"{id}:2", "", Member.PriorityDefault, $"{id}:1");
}
