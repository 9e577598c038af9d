using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

public sealed class StripedFetchTests
{
    private static readonly StripedFetchOptions Small = new()
    {
        Stream = new TransferStreamOptions { ChunkBytes = 1024, WindowChunks = 4 },
    };

    private readonly FakeSources _sources = new();
    private readonly ManualClock _clock = new();
    private readonly List<byte> _taken = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void All_records_come_in_order_and_unchanged(int sources)
    {
        FakeLog log = FakeLog.Of(20_000);
        for (int i = 0; i < sources; i++)
            _sources.Add($"s{i}", log);
        StripedFetch fetch = Run(log, 1, log.Until.Value);
        ExpectWhole(fetch, log, 1, log.Until.Value);
        Assert.All(fetch.Sources, source => Assert.True(source.Bytes > 0, $"{source.Address} sent nothing"));
    }

    [Fact]
    public void One_source_is_asked_once_for_the_whole_range()
    {
        FakeLog log = FakeLog.Of(20_000);
        FakeSource only = _sources.Add("s0", log);
        ExpectWhole(Run(log, 1, log.Until.Value), log, 1, log.Until.Value);
        Assert.Equal(1, only.Opened);
    }

    [Fact]
    public void A_range_in_the_middle_comes_without_knowing_what_is_before_it()
    {
        FakeLog log = FakeLog.Of(9_000);
        _sources.Add("s0", log);
        _sources.Add("s1", log);
        ExpectWhole(Run(log, 4_321, 8_765), log, 4_321, 8_765);
    }

    [Fact]
    public void A_source_that_dies_in_the_middle_loses_its_stripes_to_another_one()
    {
        FakeLog log = FakeLog.Of(20_000);
        FakeSource mortal = _sources.Add("s0", log);
        mortal.DiesAfterChunks = 150;
        _sources.Add("s1", log);
        ExpectWhole(Run(log, 1, log.Until.Value), log, 1, log.Until.Value);
        Assert.Equal(150, mortal.ChunksSent);
    }

    [Fact]
    public void A_source_that_comes_back_is_asked_again()
    {
        FakeLog log = FakeLog.Of(5_000);
        FakeSource source = _sources.Add("s0", log);
        source.DiesAfterChunks = 20;
        StripedFetch fetch = Start(log, 1, log.Until.Value);
        RunUntil(fetch, () => fetch.Sources[0].Trouble.Length > 0);
        source.DiesAfterChunks = int.MaxValue;
        RunToTheEnd(fetch);
        ExpectWhole(fetch, log, 1, log.Until.Value);
    }

    [Fact]
    public void Sources_that_are_all_gone_end_the_fetch_as_unreachable()
    {
        FakeLog log = FakeLog.Of(5_000);
        _sources.Add("s0", log).DiesAfterChunks = 20;
        StripedFetch fetch = Run(log, 1, log.Until.Value, "s0", "nobody");
        Assert.Equal(FetchFailureKind.Unreachable, fetch.Failure!.Kind);
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("short")]
    [InlineData("duplicate")]
    [InlineData("other cluster")]
    [InlineData("empty")]
    [InlineData("too far")]
    public void A_source_that_lies_is_left_for_one_that_does_not(string lie)
    {
        FakeLog log = FakeLog.Of(20_000);
        FakeSource liar = _sources.Add("s0", log);
        _sources.Add("s1", log);
        TransferHeader before = default;
        byte[] beforeBody = [];
        liar.Falsify = (count, header, body) =>
        {
            (TransferHeader Header, byte[] Body) sent = count % 5 != 0
                ? (header, body)
                : lie switch
                {
                    "flipped" => (header, Flip(body, body.Length / 2)),
                    "short" => (header, body[..^30]),
                    "duplicate" => (before, beforeBody),
                    "other cluster" => (header with { ClusterId = Guid.NewGuid() }, body),
                    "empty" => (header, []),
                    _ => (header with { First = header.First + 7, Until = header.Until + 7 }, body),
                };
            (before, beforeBody) = (header, body);
            return sent;
        };
        StripedFetch fetch = Run(log, 1, log.Until.Value);
        ExpectWhole(fetch, log, 1, log.Until.Value);
        Assert.NotEqual("", fetch.Sources[0].Trouble);
    }

    [Fact]
    public void A_fetch_from_nobody_but_a_liar_ends_as_damaged()
    {
        FakeLog log = FakeLog.Of(20_000);
        _sources.Add("s0", log).Falsify = (count, header, body) => (header, count > 3 ? Flip(body, 60) : body);
        Assert.Equal(FetchFailureKind.Damaged, Run(log, 1, log.Until.Value).Failure!.Kind);
    }

    [Fact]
    public void Two_sources_that_hold_different_logs_end_the_fetch()
    {
        FakeLog log = FakeLog.Of(20_000);
        _sources.Add("s0", log);
        _sources.Add("s1", FakeLog.Of(20_000, differentFrom: 9_000));
        StripedFetch fetch = Run(log, 1, log.Until.Value);
        Assert.Equal(FetchFailureKind.Disagreement, fetch.Failure!.Kind);
        Assert.Contains("does not continue", fetch.Failure.Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_three_sources_what_two_hold_counts_or_nothing_does(int odd)
    {
        FakeLog log = FakeLog.Of(20_000);
        FakeLog other = FakeLog.Of(20_000, differentFrom: 9_000);
        for (int i = 0; i < 3; i++)
            _sources.Add($"s{i}", i == odd ? other : log);
        StripedFetch fetch = Run(log, 1, log.Until.Value);
        if (fetch.State == FetchState.Complete)
            ExpectWhole(fetch, log, 1, log.Until.Value);
        else
            Assert.Equal(FetchFailureKind.Disagreement, fetch.Failure!.Kind);
    }

    [Fact]
    public void A_source_of_another_cluster_is_never_used()
    {
        FakeLog log = FakeLog.Of(5_000);
        FakeSource foreign = _sources.Add("s0", new FakeLog { ClusterId = Guid.NewGuid() });
        _sources.Add("s1", log);
        ExpectWhole(Run(log, 1, log.Until.Value), log, 1, log.Until.Value);
        Assert.Equal(0, foreign.ChunksSent);
    }

    [Fact]
    public void A_beginning_that_nobody_keeps_is_a_gap_that_says_what_is_kept()
    {
        FakeLog log = FakeLog.Of(5_000);
        _sources.Add("s0", log).FirstKept = new LogIndex(700);
        _sources.Add("s1", log).FirstKept = new LogIndex(400);
        FetchFailure failure = Run(log, 1, log.Until.Value).Failure!;
        Assert.Equal(FetchFailureKind.NoLongerKept, failure.Kind);
        Assert.Equal(new LogIndex(400), failure.FirstKept);
    }

    [Fact]
    public void A_source_that_keeps_less_sends_what_it_has()
    {
        FakeLog log = FakeLog.Of(30_000);
        FakeSource tail = _sources.Add("s0", log);
        tail.FirstKept = new LogIndex(10_000);
        _sources.Add("s1", log);
        ExpectWhole(Run(log, 1, log.Until.Value), log, 1, log.Until.Value);
        Assert.True(tail.ChunksSent > 0);
    }

    [Fact]
    public void A_source_that_refuses_for_a_while_is_asked_again()
    {
        FakeLog log = FakeLog.Of(3_000);
        FakeSource source = _sources.Add("s0", log);
        source.Refusal = TransferRefusal.Overloaded;
        StripedFetch fetch = Start(log, 1, log.Until.Value);
        RunUntil(fetch, () => source.Opened > 2);
        source.Refusal = TransferRefusal.None;
        RunToTheEnd(fetch);
        ExpectWhole(fetch, log, 1, log.Until.Value);
    }

    [Fact]
    public void Records_that_are_never_written_end_the_fetch_after_a_while()
    {
        FakeLog log = FakeLog.Of(1_000);
        _sources.Add("s0", log);
        StripedFetch fetch = Run(log, 5_000, 6_000);
        Assert.Equal(FetchFailureKind.NotYetThere, fetch.Failure!.Kind);
    }

    [Fact]
    public void A_stripe_that_all_wait_for_is_taken_from_a_slow_source()
    {
        FakeLog log = FakeLog.Of(40_000);
        FakeSource slow = _sources.Add("s0", log);
        slow.Slowness = 200;
        FakeSource quick = _sources.Add("s1", log);
        ExpectWhole(Run(log, 1, log.Until.Value), log, 1, log.Until.Value);
        Assert.True(quick.ChunksSent > 10 * slow.ChunksSent, $"{quick.ChunksSent} and {slow.ChunksSent} chunks");
    }

    [Fact]
    public void A_receiver_that_takes_nothing_holds_a_bounded_number_of_chunks_and_loses_nothing()
    {
        FakeLog log = FakeLog.Of(40_000);
        _sources.Add("s0", log);
        _sources.Add("s1", log);
        StripedFetch fetch = Start(log, 1, log.Until.Value);
        for (int i = 0; i < 2_000; i++)
        {
            fetch.DoWork();
            _clock.MonotonicMicros += 10_000;
        }
        Assert.Equal(FetchState.Running, fetch.State);
        // Two sources, two stripes each, four chunks of a kibibyte a stripe.
        Assert.True(fetch.Sources.Sum(source => source.Bytes) <= 16 * 1024);
        RunToTheEnd(fetch);
        ExpectWhole(fetch, log, 1, log.Until.Value);
    }

    [Fact]
    public void Records_must_continue_the_one_that_the_receiver_has()
    {
        FakeLog log = FakeLog.Of(5_000);
        FakeLog other = FakeLog.Of(5_000, differentFrom: 100);
        _sources.Add("s0", log);
        var plan = new FetchPlan
        {
            Sources = ["s0"],
            ClusterId = log.ClusterId,
            From = new LogIndex(1_001),
            Until = log.Until,
            Previous = other.HeaderAt(new LogIndex(1_000)),
        };
        var fetch = new StripedFetch(_sources, _clock, plan, Small);
        RunToTheEnd(fetch);
        Assert.Equal(FetchFailureKind.Disagreement, fetch.Failure!.Kind);
        Assert.Empty(_taken);
    }

    private static byte[] Flip(byte[] bytes, int at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= 0x10;
        return flipped;
    }

    private StripedFetch Start(FakeLog log, ulong from, ulong until, params string[] addresses) => new(
        _sources,
        _clock,
        new FetchPlan
        {
            Sources = addresses.Length > 0 ? addresses : [.. _sources.Addresses],
            ClusterId = log.ClusterId,
            From = new LogIndex(from),
            Until = new LogIndex(until),
        },
        Small);

    private StripedFetch Run(FakeLog log, ulong from, ulong until, params string[] addresses)
    {
        StripedFetch fetch = Start(log, from, until, addresses);
        RunToTheEnd(fetch);
        return fetch;
    }

    private void RunToTheEnd(StripedFetch fetch) => RunUntil(fetch, () => fetch.State != FetchState.Running);

    private void RunUntil(StripedFetch fetch, Func<bool> condition)
    {
        long deadline = _clock.MonotonicMicros + 200_000_000;
        while (!condition())
        {
            Assert.True(_clock.MonotonicMicros < deadline, "the fetch neither goes on nor ends");
            fetch.DoWork();
            while (fetch.TryTake(out FetchedRecords? chunk))
            {
                _taken.AddRange(chunk.Bytes);
                fetch.Return(chunk);
            }
            _clock.MonotonicMicros += 1_000;
        }
    }

    private void ExpectWhole(StripedFetch fetch, FakeLog log, ulong from, ulong until)
    {
        Assert.True(fetch.State == FetchState.Complete, fetch.Failure?.ToString());
        byte[] expected =
            [.. Enumerable.Range((int)from, (int)(until - from)).SelectMany(i => log.Record(new LogIndex((ulong)i)))];
        Assert.True(expected.AsSpan().SequenceEqual(_taken.ToArray()), "other records came than the log has");
    }
}
