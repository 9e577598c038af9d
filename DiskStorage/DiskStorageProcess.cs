using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;

namespace Chorus.DiskStorage;

/// <summary>Puts a replica together and runs it.</summary>
internal static class DiskStorageProcess
{
    /// <summary>Runs until stopped.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(DiskStorageOptions options, CancellationToken stop) =>
        ReplicaProcess.Run(options.Process, setting => Open(options, setting), stop);

    private static HostedState Open(DiskStorageOptions options, StateSetting setting)
    {
        ReplicaHostOptions host = options.Process.Host;
        IStorage storage = options.File is { } path
            ? new PosixStorage(Path.GetDirectoryName(Path.GetFullPath(path))!)
            : setting.Storage ?? new PosixStorage(host.DataDirectory);
        string name = options.File is null ? SlotFile.DefaultName : Path.GetFileName(options.File);
        var owner = new SlotFileOwner(options.Geometry, setting.ClusterId, setting.Incarnation, host.InMemory);
        // What is left of the log cannot repair a state that knows more. It is made anew from snapshot and log, which
        // the host has seen to be enough.
        if (setting.HasLogLostEntries && storage.Exists(name))
            storage.Delete(name);
        var defaults = new SlotStateMachineOptions();
        SlotFile file = SlotFile.Open(storage, name, owner, defaults.JournalBytes(options.Geometry));
        // The state machine looks for its checkpoint whenever it has applied something.
        var checkpoints = new DiskThread("checkpoint", WakeNobody);
        try
        {
            var slots = new SlotStateMachine(
                file, setting.LogEnd, defaults with { Executor = checkpoints });
            return new HostedState(slots)
            {
                Image = slots,
                Stopping = () =>
                {
                    checkpoints.Dispose();
                    slots.Checkpoint();
                },
                Owned = [checkpoints, slots],
            };
        }
        catch
        {
            checkpoints.Dispose();
            file.Dispose();
            throw;
        }
    }

    private static void WakeNobody()
    {
    }
}
