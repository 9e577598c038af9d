using System.Text.Json.Nodes;
using Chorus.Common.Feed;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Tests.Feed;
using Chorus.Tests.Log;
using Google.Protobuf;

namespace Chorus.Tests.ClientProgram;

public sealed class WatchTests : IDisposable
{
    private readonly ProgramRun _program = new();
    private readonly LiveFeed _leader = new(FeedRole.Leader);
    private readonly LiveFeed _follower = new();

    public WatchTests()
    {
        _program.Cluster.Statuses["127.0.0.1:11000"] = StatusOf("node0", "leader", _leader.Address);
        _program.Cluster.Statuses["127.0.0.1:11001"] = StatusOf("node1", "follower", _follower.Address);
    }

    public void Dispose()
    {
        _program.Dispose();
        _leader.Dispose();
        _follower.Dispose();
    }

    [Fact]
    public void Changes_of_the_keys_with_the_prefix_are_printed_as_a_follower_tells_of_them()
    {
        _follower.EachRound = feed =>
        {
            feed.Set("other", "x");
            feed.Set("user/a", "one\ntwo");
            feed.Delete("user/b");
        };
        Assert.Equal(0, Run("user/", "-count", "4"));
        string[] lines = _program.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Contains(lines, line => line.EndsWith(" set user/a one\ufffdtwo", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith(" delete user/b", StringComparison.Ordinal));
        ulong[] indexes = [.. lines.Select(line => ulong.Parse(line.Split(' ')[0], null))];
        Assert.Equal(indexes.Order().Distinct(), indexes);
        Assert.StartsWith(
            $"listening to node1 at {_follower.Address}, a follower; a watch is a hint", _program.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void One_key_alone_is_watched_in_JSON()
    {
        _follower.EachRound = feed =>
        {
            feed.Set("a", "1");
            feed.Set("ab", "2");
        };
        Assert.Equal(0, Run("a", "-exact", "-count", "3", "-o", "json"));
        JsonNode[] changes = [.. _program.Out.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(3, changes.Length);
        Assert.All(changes, change => Assert.Equal(
            ("a", "1", "set", "1970-01-01T00:00:01.000000Z", 3),
            ((string)change["key"]!, (string)change["value"]!, (string)change["operation"]!, (string)change["time"]!,
                (int)change["term"]!)));
    }

    [Fact]
    public void A_replica_whose_feed_is_silent_is_passed_over()
    {
        using ZmqContext context = new();
        using ZmqFeedOutlet silent = new(context, new Endpoint(Endpoint.Loopback, 0));
        _program.Cluster.Statuses["127.0.0.1:11001"].FeedAddress = silent.LocalEndpoint.ToString();
        _leader.EachRound = feed => feed.Set("a", "2");
        Assert.Equal(0, Run("a", "-count", "1", "-timeout", "60"));
        Assert.EndsWith(" set a 2\n", _program.Out, StringComparison.Ordinal);
        Assert.StartsWith(
            $"listening to node0 at {_leader.Address}, the leader;", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_feed_of_another_cluster_is_not_believed()
    {
        foreach (Status status in _program.Cluster.Statuses.Values)
            status.ClusterId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        _follower.EachRound = feed => feed.Set("a", "1");
        Assert.Equal(3, Run("a", "-timeout", "0.5"));
        Assert.Equal("", _program.Out);
        Assert.Contains("nothing came from", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_there_is_exit_code_3()
    {
        _program.Cluster.Statuses.Clear();
        Assert.Equal(3, Run("a", "-o", "json"));
        Assert.Equal("unreachable", (string)JsonNode.Parse(_program.Error)!["code"]!);
    }

    [Theory]
    [InlineData("-time", "0")]
    [InlineData("-time", "soon")]
    [InlineData("-count", "-1")]
    public void A_bad_limit_is_exit_code_2(string flag, string value)
    {
        Assert.Equal(2, Run("a", flag, value));
        Assert.Contains($"{flag}: '{value}' is not a number above 0", _program.Error, StringComparison.Ordinal);
    }

    private int Run(params string[] args) => _program.Run(["watch", .. args, "-servers", ":11000,:11001"]);

    private static Status StatusOf(string id, string role, string feed) => new()
    {
        Id = id,
        Role = role,
        Term = 3,
        FeedAddress = feed,
        ClusterId = ByteString.CopyFrom(LogTestOptions.Cluster.ToByteArray()),
    };
}
