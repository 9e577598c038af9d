using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>Lines of the process's frame. Event ids 150 to 199.</summary>
internal static partial class HostLog
{
    [LoggerMessage(150, LogLevel.Critical, "unexpected failure")]
    public static partial void UnexpectedFailure(this ILogger logger, Exception error);
}
