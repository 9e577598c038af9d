using System.Text;
using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Tests.Log;
using Google.Protobuf;

namespace Chorus.Tests.Feed;

public sealed class FeedPublisherTests : IDisposable
{
    private static readonly Term One = new(1);

    private readonly LogDriver _driver = new(new MemoryStorage());
    private readonly FakeOutlet _outlet = new();
    private readonly FeedPublisher _publisher;
    private long _now = 1;

    public FeedPublisherTests() => _publisher = new FeedPublisher(_outlet, LogTestOptions.Cluster);

    private RecordLog Log => _driver.Log;

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void No_records_are_published_while_nobody_subscribes()
    {
        Append(3);
        Work(3);
        Assert.Equal(FeedMessageKind.Heartbeat, Assert.Single(_outlet.Sent).Header.Kind);
    }

    [Fact]
    public void Taking_back_what_was_never_subscribed_takes_nothing_from_who_subscribes_later()
    {
        _outlet.Unsubscribe("log"u8);
        _outlet.Unsubscribe("key/a"u8);
        Work(0);
        _outlet.Subscribe("log"u8);
        Append(1);
        Work(1);
        Assert.Single(_outlet.Of(FeedMessageKind.Batch));
    }

    [Fact]
    public void Every_record_is_published_once_when_it_is_committed_and_not_before()
    {
        _outlet.Subscribe("log"u8);
        Append(5);
        Work(2);
        Work(2);
        Work(5);
        var batches = _outlet.Of(FeedMessageKind.Batch).ToList();
        Assert.Equal([(1ul, 2u), (3ul, 3u)], batches.Select(b => (b.Header.First.Value, b.Header.Count)));
        Assert.All(batches, b => Assert.Equal("log"u8, b.Topic));
        Assert.Equal(0ul, batches[0].Header.PreviousChain);
        Assert.Equal(Log.HeaderAt(new LogIndex(2)).Chain, batches[1].Header.PreviousChain);
        Assert.Equal(new LogIndex(5), batches[1].Header.Commit);
        Assert.Equal(LogTestOptions.Cluster, batches[1].Header.ClusterId);
        Assert.Equal(Log.HeaderAt(new LogIndex(5)).TimeMicros, batches[1].Header.CommitTimeMicros);
    }

    [Fact]
    public void What_is_committed_soon_after_a_batch_waits_for_its_time_and_shares_a_message()
    {
        _outlet.Subscribe("log"u8);
        Append(4);
        Work(1);
        Assert.Single(_outlet.Of(FeedMessageKind.Batch));
        for (ulong commit = 2; commit <= 4; commit++)
        {
            _now += FeedPublisher.PaceMicros / 4;
            _publisher.Work(Log, new LogIndex(commit), One, FeedRole.Follower, _now);
        }
        Assert.Single(_outlet.Of(FeedMessageKind.Batch));
        Assert.Equal(_now + FeedPublisher.PaceMicros / 4, _publisher.NextWorkMicros);
        _now = _publisher.NextWorkMicros;
        _publisher.Work(Log, new LogIndex(4), One, FeedRole.Follower, _now);
        Assert.Equal((2ul, 3u), _outlet.Of(FeedMessageKind.Batch).Select(
            b => (b.Header.First.Value, b.Header.Count)).Last());
        Assert.True(_publisher.NextWorkMicros > _now + FeedPublisher.PaceMicros);
    }

    [Fact]
    public void The_more_bytes_a_round_has_had_the_longer_is_the_pause_behind_it()
    {
        _outlet.Subscribe("log"u8);
        string value = new('v', 5_000);
        _driver.Append(1, value);
        _driver.Append(1, value);
        Work(2);
        Append(1);
        _publisher.Work(Log, new LogIndex(3), One, FeedRole.Follower, _now);
        Assert.InRange(_publisher.NextWorkMicros - _now, 2_500, 2_600);

        for (int i = 0; i < 100; i++)
            _driver.Append(1, value);
        _now = _publisher.NextWorkMicros;
        _publisher.Work(Log, new LogIndex(103), One, FeedRole.Follower, _now);
        Append(1);
        _publisher.Work(Log, new LogIndex(104), One, FeedRole.Follower, _now);
        Assert.Equal(FeedPublisher.PaceMicrosMax, _publisher.NextWorkMicros - _now);
    }

    [Fact]
    public void What_a_heartbeat_speaks_of_has_been_published_before_it()
    {
        _outlet.Subscribe("log"u8);
        _outlet.Subscribe("hb"u8);
        Append(2);
        Work(1);
        long beat = _publisher.NextWorkMicros;
        _now = beat - 1;
        _publisher.Work(Log, new LogIndex(1), One, FeedRole.Follower, _now);
        Append(1);
        _publisher.Work(Log, new LogIndex(2), One, FeedRole.Follower, _now);
        _now = beat;
        _publisher.Work(Log, new LogIndex(3), One, FeedRole.Follower, _now);
        Assert.Equal(FeedMessageKind.Heartbeat, _outlet.Sent[^1].Header.Kind);
        Assert.Equal(3ul, _outlet.Sent[^1].Header.Commit.Value);
        Assert.Equal(3, _outlet.Of(FeedMessageKind.Batch).Sum(b => b.Header.Count));
    }

    [Fact]
    public void Who_subscribes_late_gets_what_is_committed_from_then_on()
    {
        Append(4);
        Work(3);
        _outlet.Subscribe(""u8);
        Work(4);
        Assert.Equal(4ul, Assert.Single(_outlet.Of(FeedMessageKind.Batch)).Header.First.Value);
    }

    [Fact]
    public void Nothing_is_published_after_the_last_subscriber_has_left()
    {
        _outlet.Subscribe("log"u8);
        Append(4);
        Work(2);
        _outlet.Unsubscribe("log"u8);
        Work(4);
        Assert.Single(_outlet.Of(FeedMessageKind.Batch));
    }

    [Fact]
    public void A_heartbeat_says_how_far_the_publisher_is()
    {
        _outlet.Subscribe("hb"u8);
        Append(3);
        Work(2);
        Work(3);
        _now += FeedPublisher.HeartbeatMicros;
        Work(3);
        var beats = _outlet.Of(FeedMessageKind.Heartbeat).ToList();
        Assert.Equal([2ul, 3ul], beats.Select(b => b.Header.Commit.Value));
        Assert.Equal(new LogIndex(4), beats[1].Header.First);
        Assert.Equal(0u, beats[1].Header.Count);
        Assert.Equal(Log.HeaderAt(new LogIndex(3)).Chain, beats[1].Header.PreviousChain);
        Assert.Equal(FeedRole.Follower, beats[1].Header.Role);
    }

    [Fact]
    public void A_batch_holds_no_more_than_its_limit_and_one_record_always()
    {
        _outlet.Subscribe("log"u8);
        for (int i = 0; i < 40; i++)
            _driver.Append(1, new string('x', 7000));
        Work(40);
        var batches = _outlet.Of(FeedMessageKind.Batch).ToList();
        Assert.All(batches, b => Assert.True(b.Records.Length <= FeedPublisher.BatchBytesMax));
        Assert.Equal(40, batches.Sum(b => b.Header.Count));
    }

    [Fact]
    public void What_memory_no_longer_holds_is_skipped_and_counted()
    {
        _outlet.Subscribe("log"u8);
        Append(1);
        Work(1);
        for (int i = 0; i < 300; i++)
        {
            _driver.Append(1, new string('x', 400));
            Assert.True(_driver.Settle());
        }
        Work(301);
        Assert.Single(_outlet.Of(FeedMessageKind.Batch));
        Assert.Equal(300, _publisher.Skipped);
        Append(1);
        Work(302);
        FeedHeader next = _outlet.Of(FeedMessageKind.Batch).Last().Header;
        Assert.Equal(302ul, next.First.Value);
        Assert.Equal(Log.HeaderAt(new LogIndex(301)).Chain, next.PreviousChain);
    }

    [Fact]
    public void Commands_on_a_watched_key_are_published_one_by_one_under_its_name()
    {
        _outlet.Subscribe("key/us"u8);
        foreach (string key in (string[])["user1", "other", "us"])
            Set(key);
        Append(1);
        Work(4);
        var messages = _outlet.Of(FeedMessageKind.Key).ToList();
        Assert.Equal(["key/user1", "key/us"], messages.Select(m => Encoding.UTF8.GetString(m.Topic)));
        Assert.Equal([1ul, 3ul], messages.Select(m => m.Header.First.Value));
        Assert.Empty(_outlet.Of(FeedMessageKind.Batch));
        _outlet.Unsubscribe("key/us"u8);
        Set("user2");
        Work(5);
        Assert.Equal(2, _outlet.Of(FeedMessageKind.Key).Count());
    }

    [Fact]
    public void More_prefixes_than_the_limit_are_counted_and_not_served()
    {
        for (int i = 0; i < FeedSubscriptions.KeyPrefixesMax + 5; i++)
            _outlet.Subscribe(Encoding.UTF8.GetBytes($"key/{i}"));
        for (int i = 0; i < 5; i++)
            Work(0);
        Assert.Equal(5, _publisher.SubscriptionsRefused);
    }

    [Fact]
    public void What_is_no_longer_kept_is_left_out_even_while_memory_holds_it()
    {
        // Seed 496: a logger that keeps little cut its log behind a round of the feed that was still to come.
        using var driver = new LogDriver(new MemoryStorage(), LogTestOptions.Small with { CacheBytes = 1 << 20 });
        RecordLog log = driver.Log;
        _outlet.Subscribe("log"u8);
        _publisher.Work(log, LogIndex.Zero, One, FeedRole.Logger, _now);
        for (int i = 0; i < 100; i++)
            driver.Append(1, new string('x', 400));
        Assert.True(driver.Settle());
        Assert.True(log.CutBefore(log.LastIndex));
        Assert.False(log.IsAtHand(log.FirstIndex.Previous));
        Assert.True(log.IsAtHand(log.FirstIndex));
        _now += FeedPublisher.PaceMicros;
        _publisher.Work(log, log.LastIndex, One, FeedRole.Logger, _now);
        Assert.Equal(100, _publisher.Skipped);
        Assert.Empty(_outlet.Of(FeedMessageKind.Batch));
    }

    [Fact]
    public void A_round_that_begins_right_behind_a_cut_is_published()
    {
        using var driver = new LogDriver(new MemoryStorage(), LogTestOptions.Small with { CacheBytes = 1 << 20 });
        RecordLog log = driver.Log;
        for (int i = 0; i < 100; i++)
            driver.Append(1, new string('x', 400));
        Assert.True(driver.Settle());
        LogIndex cut = log.LastIndex;
        Assert.True(log.CutBefore(cut));
        LogIndex before = log.FirstIndex.Previous;
        // Nobody subscribes yet, so how far it is, is all that it knows.
        _publisher.Work(log, before, One, FeedRole.Logger, _now);
        Assert.Equal(before.Next, _outlet.Sent[^1].Header.First);
        _outlet.Subscribe("log"u8);
        _now += FeedPublisher.PaceMicros;
        _publisher.Work(log, cut, One, FeedRole.Logger, _now);
        Assert.Equal(0, _publisher.Skipped);
        Assert.Equal(before.Next, _outlet.Of(FeedMessageKind.Batch).First().Header.First);
    }

    private void Append(int count)
    {
        for (int i = 0; i < count; i++)
            _driver.Append(1, "value");
    }

    private void Set(string key) => Log.Append(
        One, RecordKind.Command, _now,
        new KvCommand { Operation = KvCommand.Types.Operation.Set, Key = ByteString.CopyFromUtf8(key) }.ToByteArray());

    private void Work(ulong commit)
    {
        _now += FeedPublisher.PaceMicros;
        _publisher.Work(Log, new LogIndex(commit), One, FeedRole.Follower, _now);
        Assert.False(_publisher.HasMore);
    }
}
