using Chorus.Common.Feed;
using Chorus.Common.Log;

namespace Chorus.Tests.Feed;

/// <summary>Keeps what is published; subscribes on behalf of tests.</summary>
internal sealed class FakeOutlet : IFeedOutlet
{
    private readonly Queue<(bool IsAdded, byte[] Topic)> _changes = new();
    private byte[] _topic = [];

    public List<(byte[] Topic, FeedHeader Header, byte[] Records)> Sent { get; } = [];

    public IEnumerable<(byte[] Topic, FeedHeader Header, byte[] Records)> Of(FeedMessageKind kind) =>
        Sent.Where(message => message.Header.Kind == kind);

    public void Subscribe(ReadOnlySpan<byte> topic) => _changes.Enqueue((true, topic.ToArray()));

    public void Unsubscribe(ReadOnlySpan<byte> topic) => _changes.Enqueue((false, topic.ToArray()));

    public bool TryReceiveSubscription(out bool isAdded, out ReadOnlySpan<byte> topic)
    {
        bool any = _changes.TryDequeue(out (bool IsAdded, byte[] Topic) change);
        isAdded = change.IsAdded;
        topic = _topic = change.Topic ?? [];
        return any;
    }

    public void Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
    {
        Assert.True(FeedHeader.TryDecode(header, out FeedHeader decoded));
        var reader = new RecordReader(records, decoded.First, verify: true);
        uint count = 0;
        while (reader.Read())
            count++;
        Assert.Null(reader.Error);
        Assert.Equal(decoded.Count, count);
        Sent.Add((topic.ToArray(), decoded, records.ToArray()));
    }
}
