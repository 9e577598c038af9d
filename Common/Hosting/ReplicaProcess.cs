using Chorus.Common.Replica;

namespace Chorus.Common.Hosting;

/// <summary>Runs a replica as a process: profiles, log of events, application-level log, and the host itself.</summary>
public static class ReplicaProcess
{
    /// <summary>Runs until stopped.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="open">Opens the state machine; called once the log is recovered.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="makeState">As <see cref="ReplicaHost.MakeState"/>.</param>
    /// <returns>The exit code.</returns>
    public static int Run(
        ReplicaProcessOptions options, Func<StateSetting, HostedState> open, CancellationToken stop,
        Func<IStateMachine>? makeState = null)
    {
        ReplicaHostOptions host = options.Host;
        using Profiler profiler = Profiler.Start(options.CpuProfile, options.MemoryProfile);
        string? folder = host.InMemory ? null : Path.Combine(host.DataDirectory, "log");
        using HostLogging logging = HostLogging.Open(host.Id, folder, options.Verbose, options.Quiet);
        Func<StateSetting, HostedState> openLogged = options.LogFolder is { } logFolder
            ? setting => WithLog(open(setting), logFolder, host)
            : open;
        return logging.Guard(
            () => new ReplicaHost(host, openLogged, logging.Factory) { MakeState = makeState }.Run(stop));
    }

    private static HostedState WithLog(HostedState state, string folder, ReplicaHostOptions host)
    {
        try
        {
            AppliedLog applied = AppliedLog.Open(state.Machine, folder, host.Id, host.InMemory);
            return new HostedState(applied)
            {
                Image = state.Image,
                Stopping = state.Stopping,
                Owned = [applied, state],
            };
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }
}
