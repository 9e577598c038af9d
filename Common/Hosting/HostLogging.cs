using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// Where the lines of a process go: short ones to standard error, and everything to files that roll daily and
/// at a size. A slow terminal or disk loses lines; it never holds up the process.
/// </summary>
public sealed class HostLogging : IDisposable
{
    private const long FileBytesMax = 64 << 20;
    private const int FilesMax = 10;
    private const string ConsoleLine = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Node} {Message:lj}{NewLine}{Exception}";
    private const string FileLine =
        "{Timestamp:yyyy-MM-ddTHH:mm:ss.ffffffzzz} {Level:u3} {Node} {Message:lj}{NewLine}{Exception}";

    private readonly string? _folder;

    private HostLogging(ILoggerFactory factory, string? folder)
    {
        Factory = factory;
        _folder = folder;
    }

    /// <summary>Makes the loggers.</summary>
    public ILoggerFactory Factory { get; }

    /// <summary>Opens the log.</summary>
    /// <param name="node">Name of the node, in every line.</param>
    /// <param name="folder">Folder of the files, made where it is missing; null: no files.</param>
    /// <param name="verbose">Whether details are wanted.</param>
    /// <param name="quiet">Whether standard error gets warnings and errors only.</param>
    public static HostLogging Open(string node, string? folder, bool verbose, bool quiet)
    {
        LogEventLevel level = verbose ? LogEventLevel.Debug : LogEventLevel.Information;
        LogEventLevel consoleLevel = quiet ? LogEventLevel.Warning : level;
        LoggerConfiguration configuration = new LoggerConfiguration()
            .MinimumLevel.Is(level)
            .Enrich.WithProperty("Node", node)
            .WriteTo.Async(sinks => sinks.Console(
                consoleLevel,
                ConsoleLine,
                standardErrorFromLevel: LogEventLevel.Verbose,
                theme: Serilog.Sinks.SystemConsole.Themes.ConsoleTheme.None));
        if (folder is not null)
        {
            configuration.WriteTo.Async(sinks => sinks.File(
                Path.Combine(folder, $"{node}-.txt"),
                outputTemplate: FileLine,
                rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true,
                fileSizeLimitBytes: FileBytesMax,
                retainedFileCountLimit: FilesMax));
        }
        Logger logger = configuration.CreateLogger();
        return new HostLogging(new SerilogLoggerFactory(logger, dispose: true), folder);
    }

    /// <summary>
    /// Runs something; an exception that nobody foresaw is logged whole before it is reported.
    /// </summary>
    public int Guard(Func<int> run)
    {
        try
        {
            return run();
        }
        catch (Exception error) when (CommandErrors.Explain(error) is { Code: CommandErrors.UnexpectedCode } known)
        {
            Factory.CreateLogger("host").UnexpectedFailure(error);
            if (_folder is null)
                throw;
            string cure = $"The whole story is in {_folder}; please report it";
            throw ChorusException.Failed("internal_logged", known.Message, cure, error);
        }
    }

    /// <summary>Writes out what is waiting.</summary>
    public void Dispose() => Factory.Dispose();
}
