namespace Chorus.Common.Messaging;

/// <summary>Asks one question at a time, with an empty frame before it on the wire.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class RequestSocket(ZmqContext context) : ZmqSocket(context, SocketType.Request);
