using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

public sealed class CompactFetchTests
{
    private readonly FakeSources _sources = new();
    private readonly ManualClock _clock = new();
    private readonly FakeLog _log = FakeLog.Of(20_000);
    private readonly List<byte> _taken = [];

    [Fact]
    public void What_the_state_shows_comes_from_one_source()
    {
        FakeSource first = _sources.Add("s0", _log);
        FakeSource second = _sources.Add("s1", _log);
        ExpectWhole(Run());
        Assert.Equal((1, 0), (first.Opened, second.Opened));
    }

    [Fact]
    public void Another_source_goes_on_where_one_died()
    {
        FakeSource mortal = _sources.Add("s0", _log);
        mortal.DiesAfterChunks = 100;
        FakeSource heir = _sources.Add("s1", _log);
        ExpectWhole(Run());
        Assert.Equal((100, 1), (mortal.ChunksSent, heir.Opened));
    }

    [Fact]
    public void A_source_that_lies_is_left()
    {
        _sources.Add("s0", _log).Falsify = (count, header, body) => (header, count < 50 ? body : body[..^20]);
        _sources.Add("s1", _log);
        CompactFetch fetch = Run();
        ExpectWhole(fetch);
        Assert.NotEqual("", fetch.Sources[0].Trouble);
    }

    [Fact]
    public void A_source_without_the_beginning_is_passed_over()
    {
        _sources.Add("s0", _log).FirstKept = new LogIndex(2);
        _sources.Add("s1", _log);
        ExpectWhole(Run());
    }

    [Theory]
    [InlineData(TransferRefusal.NotServed, FetchFailureKind.NotServed)]
    [InlineData(TransferRefusal.Damaged, FetchFailureKind.Damaged)]
    [InlineData(TransferRefusal.WrongCluster, FetchFailureKind.WrongCluster)]
    [InlineData(TransferRefusal.Overloaded, FetchFailureKind.Unreachable)]
    public void What_every_source_refuses_fails_for_their_reason(TransferRefusal refusal, FetchFailureKind kind)
    {
        _sources.Add("s0", _log).Refusal = refusal;
        _sources.Add("s1", _log).Refusal = refusal;
        Assert.Equal(kind, Run().Failure!.Kind);
    }

    private CompactFetch Run()
    {
        var fetch = new CompactFetch(
            _sources,
            _clock,
            new FetchPlan
            {
                Sources = [.. _sources.Addresses],
                ClusterId = _log.ClusterId,
                From = new LogIndex(1),
                Until = _log.Until,
            },
            new StripedFetchOptions { Stream = new TransferStreamOptions { ChunkBytes = 1024, WindowChunks = 4 } });
        long deadline = _clock.MonotonicMicros + 200_000_000;
        while (fetch.State == FetchState.Running)
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
        return fetch;
    }

    private void ExpectWhole(CompactFetch fetch)
    {
        Assert.True(fetch.State == FetchState.Complete, fetch.Failure?.ToString());
        byte[] expected =
        [
            .. Enumerable.Range(1, (int)_log.Last.Value).Select(i => new LogIndex((ulong)i))
                .Where(FakeSource.IsShown).SelectMany(_log.Record),
        ];
        Assert.True(expected.AsSpan().SequenceEqual(_taken.ToArray()), "other records came than the log shows");
    }
}
