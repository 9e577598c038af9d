namespace Chorus.Common.Messaging;

/// <summary>Answers one question at a time.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class ReplySocket(ZmqContext context) : ZmqSocket(context, SocketType.Reply);
