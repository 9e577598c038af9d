using System.Runtime.InteropServices;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary>Turns the first Ctrl-C (or SIGTERM) into a request to stop; the second one ends the process.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interrupts() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
    ];

    public CancellationToken Stop => _stop.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        if (_stop.IsCancellationRequested)
            Environment.Exit(ExitCodes.Interrupted);
        context.Cancel = true;
        _stop.Cancel();
    }
}
