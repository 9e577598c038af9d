using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

public sealed class ObserverReportsTests
{
    private readonly ObserverReports _reports = new();

    [Fact]
    public void The_newest_report_of_the_same_incarnation_counts()
    {
        _reports.Set(Report("log0", 7, 10));
        _reports.Set(Report("log0", 7, 12));
        Assert.Equal(new LogIndex(12), _reports.Find(Observer("log0", 7))?.DurableIndex);
        Assert.Null(_reports.Find(Observer("log0", 8)));
        Assert.Null(_reports.Find(Observer("log1", 7)));
    }

    [Fact]
    public void Reports_of_those_whom_nobody_named_take_no_more_room_than_a_cluster_has_members()
    {
        for (int i = 0; i < Configuration.MembersMax + 10; i++)
            _reports.Set(Report($"x{i}", 1, 1));
        Assert.Null(_reports.Find(Observer($"x{Configuration.MembersMax}", 1)));
        _reports.Retain(new Configuration([Observer("x0", 1), Observer("log0", 7)]));
        _reports.Set(Report("log0", 7, 3));
        Assert.NotNull(_reports.Find(Observer("log0", 7)));
        Assert.NotNull(_reports.Find(Observer("x0", 1)));
        Assert.Null(_reports.Find(Observer("x1", 1)));
    }

    private static ObserverReport Report(string id, ulong incarnation, ulong index) =>
        new(new NodeId(id), incarnation, new LogIndex(index), 0, 0);

    private static Member Observer(string id, ulong incarnation) =>
        new(new NodeId(id), incarnation, MemberKind.Observer, $"{id}:12000", "");
}
