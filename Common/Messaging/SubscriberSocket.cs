namespace Chorus.Common.Messaging;

/// <summary>Receives frames whose first bytes are a topic that it subscribed to.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class SubscriberSocket(ZmqContext context) : ZmqSocket(context, SocketType.Subscriber)
{
    private const int SubscribeOption = 6;
    private const int UnsubscribeOption = 7;

    /// <summary>Asks for frames that begin with the topic; the empty topic is everything.</summary>
    public void Subscribe(ReadOnlySpan<byte> topic) => Options.Set(SubscribeOption, topic);

    /// <summary>Takes a subscription back.</summary>
    public void Unsubscribe(ReadOnlySpan<byte> topic) => Options.Set(UnsubscribeOption, topic);
}
