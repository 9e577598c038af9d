using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class RecordLogTests
{
    private readonly MemoryStorage _storage = new();

    [Fact]
    public void An_empty_directory_holds_an_empty_log()
    {
        using var driver = new LogDriver(_storage);
        Assert.Equal(HardState.Empty, driver.Log.Recovered.HardState);
        Assert.Equal(0ul, driver.Log.Recovered.Log.Count);
        Assert.Equal(LogIndex.Zero, driver.Log.LastIndex);
    }

    [Fact]
    public void Everything_that_was_flushed_is_there_after_a_restart()
    {
        var expected = new List<string>();
        ulong chain;
        using (var driver = new LogDriver(_storage))
        {
            driver.Save(3);
            for (int i = 0; i < 2000; i++)
            {
                driver.Append((ulong)(1 + i / 1000), $"value {i}");
                expected.Add($"{1 + i / 1000}:value {i}");
                if (i % 7 == 0)
                    Assert.True(driver.Settle());
            }
            Assert.True(driver.Settle());
            Assert.Equal(new LogIndex(2000), driver.Last.LastIndex);
            Assert.Equal(1, driver.Last.HardStates);
            Assert.Equal(expected, driver.All());
            chain = driver.Log.LastChain;
        }
        Assert.True(_storage.List().Count(name => name.EndsWith(".log", StringComparison.Ordinal)) > 3);
        using var again = new LogDriver(_storage);
        Assert.Equal(expected, again.All());
        Assert.Equal(chain, again.Log.LastChain);
        Assert.Equal(new Term(3), again.Log.Recovered.HardState.Term);
        Assert.Equal(new NodeId("a"), again.Log.Recovered.HardState.VotedFor);
        Assert.Equal(
            [new TermRun(new LogIndex(1), new Term(1)), new TermRun(new LogIndex(1001), new Term(2))],
            again.Log.Recovered.Log.Terms);
    }

    [Fact]
    public void What_was_truncated_does_not_come_back()
    {
        using (var driver = new LogDriver(_storage))
        {
            driver.Save(9);
            for (int i = 1; i <= 10; i++)
                driver.Append(1, $"old {i}");
            Assert.True(driver.Settle());
            driver.Log.Truncate(new LogIndex(7));
            driver.Append(2, "new 7");
            driver.Append(2, "new 8");
            Assert.True(driver.Settle());
            Assert.Equal(new LogIndex(8), driver.Last.LastIndex);
        }
        for (int restart = 0; restart < 3; restart++)
        {
            using var again = new LogDriver(_storage);
            Assert.Equal(8 + restart, again.All().Count);
            Assert.Equal("2:new 7", again.All()[6]);
            again.Append(3, $"after {restart}");
            Assert.True(again.Settle());
        }
    }

    [Fact]
    public void A_truncation_of_everything_leaves_an_empty_log()
    {
        using var driver = new LogDriver(_storage);
        driver.Save(1);
        driver.Append(1, "x");
        Assert.True(driver.Settle());
        driver.Log.Truncate(new LogIndex(1));
        Assert.Equal(0ul, driver.Log.LastChain);
        Assert.True(driver.Settle());
        Assert.Equal(LogIndex.Zero, driver.Last.LastIndex);
        driver.Append(1, "y");
        Assert.True(driver.Settle());
        using var again = new LogDriver(_storage);
        Assert.Equal(["1:y"], again.All());
    }

    [Fact]
    public void Configurations_come_back_by_value()
    {
        var configuration = new Configuration(
            [new Member(new NodeId("n1"), 77, MemberKind.Voter, "h:1", "h:2"),
             new Member(new NodeId("n2"), 0, MemberKind.Learner, "h:3", "h:4", 9)]);
        using (var driver = new LogDriver(_storage))
        {
            driver.Save(1);
            driver.Append(1, "first");
            driver.Log.Append(
                new Term(1), RecordKind.Configuration, 5, ConfigurationCodec.Encode(configuration));
            Assert.True(driver.Settle());
        }
        using var again = new LogDriver(_storage);
        ConfigurationEntry entry = Assert.Single(again.Log.Recovered.Log.Configurations);
        Assert.Equal(new LogIndex(2), entry.Index);
        Assert.Equal(configuration.Members, entry.Configuration.Members);
    }

    [Fact]
    public void A_follower_stores_the_leaders_bytes()
    {
        using var leader = new LogDriver(new MemoryStorage());
        using var follower = new LogDriver(_storage);
        leader.Save(1);
        for (int i = 0; i < 100; i++)
            leader.Append(1, new string('x', i * 37));
        var next = new LogIndex(1);
        while (next <= leader.Log.LastIndex)
        {
            LogIndex until = leader.Log.Fit(next, leader.Log.LastIndex.Next, 100_000, out _);
            follower.Log.AppendRecords(leader.Log.Read(next, until, out next));
        }
        Assert.Equal(leader.Log.LastChain, follower.Log.LastChain);
        follower.Save(1);
        Assert.True(follower.Settle());
        Assert.Equal(leader.All(), follower.All());
    }

    [Fact]
    public void Records_that_do_not_continue_the_chain_are_refused()
    {
        using var leader = new LogDriver(new MemoryStorage());
        using var follower = new LogDriver(_storage);
        leader.Append(1, "a");
        leader.Append(1, "b");
        follower.Append(1, "another a");
        byte[] second = leader.Log.Read(new LogIndex(2), new LogIndex(3), out _).ToArray();
        var error = Assert.Throws<LogCorruptionException>(() => follower.Log.AppendRecords(second));
        Assert.Contains("chain", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Time_never_falls_along_the_log()
    {
        using var driver = new LogDriver(_storage);
        driver.Log.Append(new Term(1), RecordKind.NoOp, 500, []);
        driver.Log.Append(new Term(1), RecordKind.NoOp, 400, []);
        Assert.Equal(500, driver.Log.LastTimeMicros);
        Assert.Equal(500, driver.Log.HeaderAt(new LogIndex(2)).TimeMicros);
    }
}
