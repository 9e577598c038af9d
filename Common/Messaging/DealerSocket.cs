namespace Chorus.Common.Messaging;

/// <summary>Talks to the peers that it is connected to, in any order of asking and answering.</summary>
/// <param name="context">Outlives the socket.</param>
public sealed class DealerSocket(ZmqContext context) : ZmqSocket(context, SocketType.Dealer);
