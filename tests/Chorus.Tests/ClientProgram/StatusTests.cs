using System.Text.Json.Nodes;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Tests.ClientProgram;

public sealed class StatusTests : IDisposable
{
    private readonly ProgramRun _program = new();

    public StatusTests()
    {
        for (int i = 0; i < 3; i++)
            _program.Cluster.Statuses[$"127.0.0.1:1100{i}"] = StatusOf(i);
    }

    public void Dispose() => _program.Dispose();

    [Fact]
    public void Asking_one_member_shows_all_of_them()
    {
        Assert.Equal(0, _program.Run("status", "-servers", ":11002"));
        string[] lines = _program.Out.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Matches(
            @"^ID +ROLE +TERM +COMMIT +APPLIED +LAST +LAG +LAG BYTES +LAG S +DIGEST +LOG +ADDRESS$", lines[0]);
        Assert.Matches(@"^node0 +leader +3 +100 +100 +101 +0 +0 +0.000 +00aa +durable +127\.0\.0\.1:11000$", lines[1]);
        Assert.Matches(@"^node1 +follower .* 7 +700 +0.070 +00aa +in memory +127\.0\.0\.1:11001$", lines[2]);
    }

    [Fact]
    public void Asking_only_one_member_shows_it_alone()
    {
        Assert.Equal(0, _program.Run("status", "-servers", ":11002", "-only", "-o", "json"));
        JsonArray nodes = JsonNode.Parse(_program.Out)!["nodes"]!.AsArray();
        JsonNode node = Assert.Single(nodes)!;
        Assert.Equal("node2", node["id"]!.GetValue<string>());
        Assert.Equal(100, node["applied_index"]!.GetValue<int>());
        Assert.Equal(3, node["members"]!.AsArray().Count);
    }

    [Fact]
    public void A_member_that_does_not_answer_is_shown_by_the_name_that_the_others_give_it()
    {
        _program.Cluster.Statuses.Remove("127.0.0.1:11001");
        Assert.Equal(0, _program.Run("status", "-servers", ":11000"));
        Assert.Matches(@"node1 +no answer +- .* 127\.0\.0\.1:11001\n", _program.Out);
    }

    [Fact]
    public void Nobody_there_is_exit_code_3()
    {
        Assert.Equal(3, _program.Run("status", "-servers", ":1,:2", "-o", "json"));
        Assert.Equal("", _program.Out);
        Assert.Equal("unreachable", JsonNode.Parse(_program.Error)!["code"]!.GetValue<string>());
    }

    [Fact]
    public void No_leader_is_exit_code_3_below_the_table()
    {
        foreach (Status status in _program.Cluster.Statuses.Values)
            (status.Role, status.Leader) = ("follower", "");
        Assert.Equal(3, _program.Run("status", "-servers", ":11000"));
        Assert.Contains("node2", _program.Out, StringComparison.Ordinal);
        Assert.Contains("no leader", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Different_states_at_the_same_index_are_exit_code_4()
    {
        _program.Cluster.Statuses["127.0.0.1:11001"].Digest = "00bb";
        Assert.Equal(4, _program.Run("status", "-servers", ":11000"));
        Assert.Contains("hold different states", _program.Error, StringComparison.Ordinal);
        _program.Cluster.Statuses["127.0.0.1:11001"].AppliedIndex = 99;
        Assert.Equal(0, _program.Run("status", "-servers", ":11000"));
    }

    [Fact]
    public void Loggers_say_below_the_table_whom_they_follow_and_why_they_record_nothing()
    {
        foreach (string id in (string[])["log0", "log1"])
            _program.Cluster.Statuses["127.0.0.1:11000"].Members.Add(new MemberStatus
            {
                Member = new Member
                {
                    Id = id,
                    Kind = Member.Types.Kind.Observer,
                    PeerAddress = $"127.0.0.1:1200{id[3]}",
                },
            });
        Describe("127.0.0.1:14000", "log0");
        Assert.Equal(0, _program.Run("status", "-servers", ":11001"));
        string[] lines = _program.Out.TrimEnd().Split('\n');
        Assert.Equal(10, lines.Length);
        Assert.Matches(@"^LOGGER +STATE +FOLLOWS +LAST +COMMIT +GAPS +FETCHED +FAILOVERS +ADDRESS$", lines[6]);
        Assert.Matches(@"^log0 +gap +node1 +90 +100 +2 +40 +1 +127\.0\.0\.1:14000$", lines[7]);
        Assert.Matches(@"^log1 +no answer +- +- +- +- +- +- +127\.0\.0\.1:14001$", lines[8]);
        Assert.Equal("log0: records 91 to 95 are lost. Name a source that keeps more", lines[9]);

        // Whoever else has its address by now is not it.
        Describe("127.0.0.1:14000", "log7");
        Assert.Equal([false, false], LoggersThatAnswer());
        Describe("127.0.0.1:14000", "log0");
        Assert.Equal([true, false], LoggersThatAnswer());
        _program.Cluster.Descriptions["127.0.0.1:14000"].ClusterId = ByteString.CopyFrom(new byte[16]);
        Assert.Equal([false, false], LoggersThatAnswer());
        Assert.Equal(0, _program.Run("status", "-servers", ":11000", "-only"));
        Assert.DoesNotContain("FAILOVERS", _program.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_logger_alone_is_asked_where_it_serves_transfers()
    {
        Describe("127.0.0.1:14003", "log0");
        Assert.Equal(0, _program.Run("status", "-recov", ":14003", "-o", "json"));
        JsonNode logger = Assert.Single(JsonNode.Parse(_program.Out)!["loggers"]!.AsArray())!;
        Assert.Equal("log0", logger["id"]!.GetValue<string>());
        Assert.Equal("gap", logger["state"]!.GetValue<string>());
        Assert.Equal(2, logger["counters"]!["chorus_follower_gaps_found_total"]!.GetValue<int>());
        Assert.Equal(3, _program.Run("status", "-recov", ":14004"));
        Assert.Contains("nobody answers at 127.0.0.1:14004", _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_logger_that_has_recorded_nothing_yet_is_not_taken_for_one_that_does_not_run()
    {
        _program.Cluster.Empty.Add("127.0.0.1:14003");
        Assert.Equal(0, _program.Run("status", "-recov", ":14003"));
        string[] lines = _program.Out.TrimEnd().Split('\n');
        Assert.Matches(@"^\? +no log yet +- +- +- +- +- +- +127\.0\.0\.1:14003$", lines[1]);
        const string why = "127.0.0.1:14003: it runs and has recorded nothing yet. ";
        Assert.StartsWith(why, lines[2], StringComparison.Ordinal);
        Assert.Equal(0, _program.Run("status", "-recov", ":14003", "-o", "json"));
        JsonNode logger = Assert.Single(JsonNode.Parse(_program.Out)!["loggers"]!.AsArray())!;
        Assert.Equal("no log yet", logger["state"]!.GetValue<string>());
        Assert.True(logger["answers"]!.GetValue<bool>());
    }

    private IEnumerable<bool> LoggersThatAnswer()
    {
        Assert.Equal(0, _program.Run("status", "-servers", ":11001", "-o", "json"));
        JsonArray loggers = JsonNode.Parse(_program.Out)!["loggers"]!.AsArray();
        return loggers.Select(logger => logger!["answers"]!.GetValue<bool>());
    }

    private void Describe(string address, string id) => _program.Cluster.Descriptions[address] = new LogDescription
    {
        Id = id,
        Kind = "logger",
        LastIndex = 90,
        Following = new Following
        {
            State = "gap",
            Why = "records 91 to 95 are lost",
            Cure = "Name a source that keeps more",
            Source = "node1",
            CommitIndex = 100,
            Counters =
            {
                ["chorus_follower_gaps_found_total"] = 2,
                ["chorus_follower_fetched_records_total"] = 40,
                ["chorus_follower_failovers_total"] = 1,
            },
        },
    };

    private static Status StatusOf(int number)
    {
        Status status = new()
        {
            Id = $"node{number}",
            Role = number == 0 ? "leader" : "follower",
            Leader = "node0",
            Term = 3,
            CommitIndex = 100,
            AppliedIndex = 100,
            LastIndex = 101,
            Digest = "00aa",
            Durable = number != 1,
        };
        for (int i = 0; i < 3; i++)
            status.Members.Add(new MemberStatus
            {
                Member = new Member
                {
                    Id = $"node{i}",
                    Kind = Member.Types.Kind.Voter,
                    ClientAddress = $"127.0.0.1:1100{i}",
                },
                LagEntries = number == 0 ? (ulong)i * 7 : 0,
                LagBytes = number == 0 ? (ulong)i * 700 : 0,
                LagMs = number == 0 ? (ulong)i * 70 : 0,
            });
        return status;
    }
}
