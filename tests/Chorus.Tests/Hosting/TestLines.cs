using Microsoft.Extensions.Logging;

namespace Chorus.Tests.Hosting;

internal static partial class TestLines
{
    [LoggerMessage(1, LogLevel.Information, "hello {Number}")]
    public static partial void Hello(ILogger logger, int number);
}
