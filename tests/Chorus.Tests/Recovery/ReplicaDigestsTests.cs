using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Recovery;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

public sealed class ReplicaDigestsTests
{
    [Fact]
    public void Replicas_that_rest_are_compared_at_the_newest_index()
    {
        Comparison chosen = Choose(100, null, [At("a", 100, "x"), At("b", 100, "x")]);
        Assert.Equal((new LogIndex(100), "x"), (chosen.Index, chosen.Digest));
        Assert.Equal(["a", "b"], chosen.Replicas);
    }

    [Fact]
    public void Under_load_the_end_is_where_a_replica_stands_behind_the_newest_index_of_the_sources()
    {
        Comparison chosen = Choose(100, null, [At("a", 99, "x"), At("b", 120, "y"), At("c", 130, "z")]);
        Assert.Equal((new LogIndex(120), "y"), (chosen.Index, chosen.Digest));
    }

    [Fact]
    public void A_replica_that_lags_is_waited_for()
    {
        Comparison chosen = Choose(100, null, [At("a", 98, "x")], [At("a", 99, "x")], [At("a", 104, "y")]);
        Assert.Equal((new LogIndex(104), "y"), (chosen.Index, chosen.Digest));
    }

    [Fact]
    public void An_end_that_was_asked_for_is_compared_if_a_replica_stands_right_there()
    {
        Assert.Equal("x", Choose(100, 50, [At("a", 90, "y"), At("b", 50, "x")]).Digest);
        Comparison passed = Choose(100, 50, [At("a", 90, "y")]);
        Assert.Null(passed.Digest);
        Assert.Equal(new LogIndex(50), passed.Index);
        Assert.Contains("beyond that index", passed.WhyNot);
    }

    [Fact]
    public void Without_an_answer_nothing_is_compared()
    {
        Comparison chosen = Choose(100, null, Array.Empty<Status>());
        Assert.Null(chosen.Digest);
        Assert.Contains("-servers", chosen.WhyNot);
    }

    [Fact]
    public void Replicas_that_differ_at_one_index_are_an_error_of_their_own()
    {
        ChorusException error = Assert.Throws<ChorusException>(
            () => Choose(100, null, [At("a", 100, "x"), At("b", 100, "y")]));
        Assert.Equal(ExitCodes.CheckFailed, error.ExitCode);
        Assert.Contains("a and b", error.Message);
    }

    [Fact]
    public void What_the_replicas_started_from_is_learnt_from_them()
    {
        var digests = new ReplicaDigests(
            () => [new Status { Id = "a", AppliedIndex = 5, Digest = "x", StateBase = "preload 10,128" }]);
        digests.Choose(new LogIndex(5), null, CancellationToken.None);
        Assert.Equal("preload 10,128", digests.StateBase);
        Assert.Equal(10, SourceChoice.PreloadOf(null, digests.StateBase!).Count);
    }

    private static Comparison Choose(ulong limit, ulong? to, params Status[][] rounds)
    {
        int round = 0;
        var digests = new ReplicaDigests(() => rounds[Math.Min(round++, rounds.Length - 1)]);
        return digests.Choose(new LogIndex(limit), to is { } index ? new LogIndex(index) : null, default);
    }

    private static Status At(string id, ulong applied, string digest) =>
        new() { Id = id, AppliedIndex = applied, Digest = digest };
}
