using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Chorus.Common.Hosting;

/// <summary>
/// Ctrl-C and SIGTERM as a token. A second signal ends the process as it would without this; not within a
/// second of the first, for a terminal or a script often sends one signal to a process and to its group.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private long _firstTimestamp;

    public StopSignals() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the first signal was Ctrl-C.</summary>
    public bool IsInterrupted { get; private set; }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        bool isFirst = Interlocked.CompareExchange(ref _firstTimestamp, Stopwatch.GetTimestamp(), 0) == 0;
        context.Cancel = isFirst || Stopwatch.GetElapsedTime(_firstTimestamp) < Patience;
        if (!isFirst)
            return;
        IsInterrupted = context.Signal == PosixSignal.SIGINT;
        _stop.Cancel();
    }
}
