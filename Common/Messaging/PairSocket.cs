namespace Chorus.Common.Messaging;

/// <summary>Talks to exactly one other socket; inside one process.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class PairSocket(ZmqContext context) : ZmqSocket(context, SocketType.Pair);
