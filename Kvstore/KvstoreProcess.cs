using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Replica;

namespace Chorus.Kvstore;

/// <summary>Puts a replica together and runs it.</summary>
internal static class KvstoreProcess
{
    /// <summary>Runs until stopped.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(KvstoreOptions options, CancellationToken stop)
    {
        ReplicaHostOptions host = options.Host;
        using Profiler profiler = Profiler.Start(options.CpuProfile, options.MemoryProfile);
        string? folder = host.InMemory ? null : Path.Combine(host.DataDirectory, "log");
        using HostLogging logging = HostLogging.Open(host.Id, folder, options.Verbose, options.Quiet);
        return logging.Guard(() =>
        {
            var store = new KvStateMachine(options.Limits);
            options.Preload.Fill(store);
            using AppliedLog? applied = options.LogFolder is { } logFolder
                ? AppliedLog.Open(store, logFolder, host.Id, host.InMemory)
                : null;
            IStateMachine machine = applied is null ? store : applied;
            return new ReplicaHost(host, machine, logging.Factory).Run(stop);
        });
    }
}
