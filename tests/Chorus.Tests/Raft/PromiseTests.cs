using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>
/// What a lease stands on: who has heard a leader elects nobody else for the minimum election timeout, whatever happens
/// meanwhile. Raft dissertation §4.2.3, §6.4.1; trap 23.
/// </summary>
public sealed class PromiseTests
{
    [Fact]
    public void A_voter_that_restarts_keeps_the_promise_that_it_may_have_given_before()
    {
        var cluster = new TestCluster(3);
        cluster.Elect("a");
        TestNode voter = cluster["b"];
        voter.Crash();
        voter.Start();
        for (int i = 0; i < cluster.Options.ElectionTimeoutTicks; i++)
        {
            Assert.False(voter.Ask<PreVoteResponse>(Say.PreVote("c", "b", 50, 40, 40)).Granted);
            Assert.False(voter.Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 40)).Granted);
            voter.Tick();
        }
        Assert.True(voter.Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 40)).Granted);
    }

    [Fact]
    public void A_voter_that_has_never_run_votes_at_once() =>
        Assert.True(new TestCluster(3)["b"].Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 40)).Granted);

    [Fact]
    public void A_voter_that_hears_of_a_higher_term_in_an_answer_keeps_its_promise()
    {
        var cluster = new TestCluster(3);
        cluster.Elect("a");
        TestNode voter = cluster["b"];
        voter.Receive(Say.Voted("c", "b", 40, granted: false));
        Assert.Equal(Say.In(40), voter.Node.Term);
        Assert.True(voter.Node.Leader.IsNone);
        Assert.False(voter.Ask<VoteResponse>(Say.Vote("c", "b", 40, 40, 39)).Granted);
        Assert.False(voter.Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 39)).Granted);
        for (int i = 0; i < cluster.Options.ElectionTimeoutTicks; i++)
            voter.Tick();
        Assert.True(voter.Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 39)).Granted);
    }

    [Fact]
    public void A_vote_for_somebody_is_no_promise_to_it()
    {
        TestNode voter = new TestCluster(3)["b"];
        Assert.True(voter.Ask<VoteResponse>(Say.Vote("c", "b", 50, 40, 40)).Granted);
        Assert.True(voter.Ask<VoteResponse>(Say.Vote("a", "b", 51, 40, 40)).Granted);
    }

    [Fact]
    public void The_leader_itself_is_released_from_the_promise_that_was_given_to_it()
    {
        var cluster = new TestCluster(3);
        cluster.Elect("a");
        Assert.True(cluster["b"].Ask<VoteResponse>(Say.Vote("a", "b", 50, 40, 40)).Granted);
    }
}
