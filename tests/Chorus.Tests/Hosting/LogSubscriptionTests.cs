using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;

namespace Chorus.Tests.Hosting;

public sealed class LogSubscriptionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<ulong> _seen = [];
    private FeedCursor _cursor;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_record_is_handled_once_also_when_the_application_starts_again()
    {
        using var cluster = new RunningCluster(_directory.Path);
        await cluster.SetAsync(0, 50);
        using (LogSubscription subscription = Subscribe(cluster, null))
        {
            await cluster.SetAsync(50, 100);
            Waiting.Until(() => Count >= 102, "all records");
            Waiting.Until(() => subscription.Status.Position.Value >= 102, "its status");
            Assert.Equal("", subscription.Status.Why);
        }
        await cluster.SetAsync(100, 150);
        Assert.True(FeedCursor.TryParse(_cursor.ToString(), out FeedCursor stored));
        Assert.Equal(_cursor, stored);
        using (LogSubscription subscription = Subscribe(cluster, stored))
        {
            await cluster.SetAsync(150, 160);
            Waiting.Until(() => Count >= 162, "the rest");
        }
        Assert.Equal(Enumerable.Range(1, _seen.Count).Select(i => (ulong)i), _seen);
    }

    [Fact]
    public async Task Whoever_wants_only_what_is_new_begins_at_the_end()
    {
        using var cluster = new RunningCluster(_directory.Path);
        await cluster.SetAsync(0, 50);
        using LogSubscription subscription = Subscribe(cluster, null, fromEnd: true);
        Waiting.Until(() => subscription.Status.State == FollowerState.Live, "it is live");
        await cluster.SetAsync(50, 60);
        Waiting.Until(() => Count >= 10, "what is new");
        Assert.Equal(Enumerable.Range(53, 10).Select(i => (ulong)i), _seen);
    }

    [Fact]
    public async Task A_handler_that_throws_ends_the_subscription_with_what_it_threw()
    {
        using var cluster = new RunningCluster(_directory.Path);
        await cluster.SetAsync(0, 5);
        using var subscription = new LogSubscription(
            new LogSubscriptionOptions { Sources = [cluster.Source] },
            (in RecordHeader header, ReadOnlySpan<byte> payload, in FeedCursor cursor) =>
                throw new InvalidDataException("no"));
        await Assert.ThrowsAsync<InvalidDataException>(() => subscription.Completion);
    }

    [Fact]
    public async Task The_cursor_of_another_cluster_handles_nothing_and_says_why()
    {
        using var cluster = new RunningCluster(_directory.Path);
        await cluster.SetAsync(0, 5);
        using LogSubscription subscription = Subscribe(cluster, new FeedCursor(Guid.NewGuid(), new LogIndex(3), 7));
        Waiting.Until(
            () => subscription.Status.Why.Contains("cluster", StringComparison.Ordinal), "it says why");
        Assert.Equal(0, Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("11111111-2222-3333-4444-555555555555/1")]
    [InlineData("11111111-2222-3333-4444-555555555555/-1/00")]
    [InlineData("x/1/00")]
    [InlineData("11111111-2222-3333-4444-555555555555/1/zz")]
    public void What_is_no_cursor_is_not_read_as_one(string? text) => Assert.False(FeedCursor.TryParse(text, out _));

    private int Count
    {
        get
        {
            lock (_seen)
                return _seen.Count;
        }
    }

    private LogSubscription Subscribe(RunningCluster cluster, FeedCursor? from, bool fromEnd = false) => new(
        new LogSubscriptionOptions { Sources = [cluster.Source], Cursor = from, FromEnd = fromEnd },
        (in RecordHeader header, ReadOnlySpan<byte> payload, in FeedCursor cursor) =>
        {
            lock (_seen)
            {
                _seen.Add(header.Index.Value);
                _cursor = cursor;
            }
        });
}
