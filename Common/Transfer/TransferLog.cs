using Microsoft.Extensions.Logging;

namespace Chorus.Common.Transfer;

/// <summary>What a transfer service tells the log. Event ids 3100 to 3199.</summary>
internal static partial class TransferLog
{
    [LoggerMessage(3100, LogLevel.Error, "{Node} cannot serve a part of its log: {Why}")]
    public static partial void Damaged(this ILogger logger, string node, string why);

    [LoggerMessage(3101, LogLevel.Warning, "{Node} does not serve a stream: {Why}")]
    public static partial void Refused(this ILogger logger, string node, string why);
}
