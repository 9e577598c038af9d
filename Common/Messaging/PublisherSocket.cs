namespace Chorus.Common.Messaging;

/// <summary>Sends to whoever subscribed; loses frames for those who are too slow.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class PublisherSocket(ZmqContext context) : ZmqSocket(context, SocketType.Publisher);
