namespace Chorus.Common.Messaging;

/// <summary>
/// A publisher that also receives the subscriptions: a byte 1 (subscribe) or 0, then the topic.
/// </summary>
/// <param name="context">Outlives the socket.</param>
public sealed class XPublisherSocket(ZmqContext context) : ZmqSocket(context, SocketType.XPublisher);
