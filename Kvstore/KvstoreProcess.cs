using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.Kvstore;

/// <summary>Puts a replica together and runs it.</summary>
internal static class KvstoreProcess
{
    /// <summary>Runs until stopped.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(KvstoreOptions options, CancellationToken stop) => ReplicaProcess.Run(
        options.Process,
        setting =>
        {
            if (setting.Restored is { } restored)
                return new HostedState(restored);
            var store = new KvStateMachine(options.Limits);
            if (!setting.HasSnapshot)
                options.Preload.Fill(store);
            return new HostedState(store);
        },
        stop,
        makeState: () => new KvStateMachine(options.Limits));
}
