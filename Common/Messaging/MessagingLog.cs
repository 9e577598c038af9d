using Microsoft.Extensions.Logging;

namespace Chorus.Common.Messaging;

/// <summary>What the sockets tell the log. Event ids 3000 to 3099.</summary>
internal static partial class MessagingLog
{
    [LoggerMessage(EventId = 3000, Message = "{Sentence}")]
    internal static partial void ConnectionNews(ILogger logger, LogLevel level, string sentence);

    [LoggerMessage(3001, LogLevel.Warning, "{Sentence}")]
    internal static partial void ConnectionTrouble(ILogger logger, string sentence);

    [LoggerMessage(3002, LogLevel.Warning, "Too many clients wait for answers on {Endpoint}: the newest are not heard")]
    internal static partial void TooManyClients(ILogger logger, Endpoint endpoint);

    [LoggerMessage(
        3003, LogLevel.Warning, "Messages to {Address} are dropped: {PeersMax} peer addresses are in use already")]
    internal static partial void TooManyPeers(ILogger logger, string address, int peersMax);

    [LoggerMessage(3004, LogLevel.Warning, "Messages to a peer are dropped: {Error}")]
    internal static partial void BadPeerAddress(ILogger logger, string error);

    [LoggerMessage(
        3005, LogLevel.Warning,
        "Somebody subscribed to very many topics at {Endpoint}: all subscribers were disconnected, those who mean well "
            + "come back by themselves. So far this happened {Times} times")]
    internal static partial void TooManySubscriptions(ILogger logger, Endpoint endpoint, long times);
}
