namespace Chorus.Common.Messaging;

/// <summary>Talks to many peers, each frame preceded by the name of the peer.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class RouterSocket(ZmqContext context) : ZmqSocket(context, SocketType.Router);
