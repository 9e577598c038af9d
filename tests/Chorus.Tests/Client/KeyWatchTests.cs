using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Feed;
using Chorus.Common.Messaging;
using Chorus.Raft;
using Chorus.Tests.Feed;
using Chorus.Tests.Log;

namespace Chorus.Tests.Client;

public sealed class KeyWatchTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);

    [Fact]
    public void When_a_feed_falls_silent_the_watch_goes_on_at_the_next_one_and_never_goes_back()
    {
        using LiveFeed second = new(FeedRole.Leader);
        KeyChange? last = null;
        using (LiveFeed first = new())
        {
            first.EachRound = feed => feed.Set("a", "1");
            // The second one's log is the longer one: what it tells of is new, but not all of it.
            second.EachRound = feed => feed.Set("a", "2");
            using KeyWatch watch = new(LogTestOptions.Cluster, [first.Address, second.Address], "a"u8);
            Waiting.Until(() => watch.TryReceive(Moment, out last), "a change");
            Assert.Equal((first.Address, FeedRole.Follower, "1"), (watch.Feed, watch.Role, Value(last)));
            first.Dispose();
            List<ulong> indexes = [last!.Index];
            Waiting.Until(
                () =>
                {
                    if (watch.TryReceive(Moment, out last))
                        indexes.Add(last!.Index);
                    return last is not null && Value(last) == "2";
                },
                "a change at the other feed");
            Assert.Equal((second.Address, FeedRole.Leader), (watch.Feed, watch.Role));
            Assert.Equal(indexes.Order().Distinct(), indexes);
        }
    }

    [Fact]
    public void A_key_longer_than_any_subscription_is_compared_whole()
    {
        string name = new('k', FeedSubscriptions.KeyPrefixBytesMax + 10);
        using LiveFeed feed = new();
        feed.EachRound = live =>
        {
            live.Set(name[..^1], "shorter");
            live.Set(name, "it");
        };
        using KeyWatch watch = new(LogTestOptions.Cluster, [feed.Address], Encoding.UTF8.GetBytes(name));
        KeyChange? change = null;
        for (int i = 0; i < 3; i++)
        {
            Waiting.Until(() => watch.TryReceive(Moment, out change), "a change");
            Assert.Equal("it", Value(change));
        }
    }

    [Fact]
    public void Whatever_a_source_sends_is_dropped_and_counted()
    {
        using ZmqContext context = new();
        using XPublisherSocket liar = new(context);
        using KeyWatch watch = new(LogTestOptions.Cluster, [liar.Bind(new(Endpoint.Loopback, 0)).ToString()], default);
        byte[] header = new byte[FeedHeader.SizeBytes];
        new FeedHeader(
            FeedMessageKind.Key, FeedRole.Follower, LogTestOptions.Cluster, new Term(1), new LogIndex(9), 1,
            new LogIndex(9), 0, 0).Encode(header);
        byte[][][] messages =
        [
            [[.. "hb"u8]],
            [[.. "hb"u8], [1]],
            [[.. "key/"u8], header],
            [[.. "key/"u8], header, new byte[100]],
            [[.. "key/"u8], header, [], [1]],
            [[.. "key/"u8], [], header, [], [], []],
        ];
        var random = new Random(7);
        Waiting.Until(
            () =>
            {
                foreach (byte[][] message in messages)
                {
                    for (int i = 0; i < message.Length; i++)
                    {
                        if (i == 2)
                            random.NextBytes(message[i]);
                        liar.TrySendFrame(message[i], more: i < message.Length - 1);
                    }
                }
                Assert.False(watch.TryReceive(TimeSpan.FromMilliseconds(1), out _));
                return watch.GarbageTotal >= 100;
            },
            "garbage to be counted");
    }

    private static string Value(KeyChange? change) => Encoding.UTF8.GetString(change!.Value.Span);
}
