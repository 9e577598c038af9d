using System.Runtime.InteropServices;

namespace Chorus.Common.Hosting;

/// <summary>
/// Ctrl-C and SIGTERM as a token. The second signal ends the process as it would without this.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

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
        if (_stop.IsCancellationRequested)
            return;
        context.Cancel = true;
        IsInterrupted = context.Signal == PosixSignal.SIGINT;
        _stop.Cancel();
    }
}
