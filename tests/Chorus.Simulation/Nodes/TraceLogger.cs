using Chorus.Simulation.World;
using Microsoft.Extensions.Logging;

namespace Chorus.Simulation.Nodes;

/// <summary>Puts the lines of a node's log into the trace, where somebody reads along.</summary>
internal sealed class TraceLogger(Trace trace, string node) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Information)
            trace.Say(node, formatter(state, exception));
    }
}
