using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;

namespace Chorus.Kvstore;

/// <summary>The command line of Kvstore.</summary>
internal sealed class KvstoreCommand
{
    private const int KeyBytesMost = 64 << 10;
    private const int ValueBytesMost = 4 << 20;
    private const int CommandOverheadBytes = 64;

    private readonly ReplicaFlags _replica = new();
    private readonly FlagOption<Preload> _preload = Flag.Value(
        "preload", "N,SIZE", "begin with keys 0 to N-1 and values of SIZE bytes; the same on every replica",
        Preload.Parse, default, null);
    private readonly FlagOption<int> _keyMax = Flag.Integer(
        "keymax", "BYTES", "longest key", new KvStateMachineOptions().KeyBytesMax, 1, KeyBytesMost);
    private readonly FlagOption<int> _valueMax = Flag.Integer(
        "valuemax", "BYTES", "longest value", new KvStateMachineOptions().ValueBytesMax, 0, ValueBytesMost);

    /// <summary>Builds the command.</summary>
    /// <param name="run">Runs a replica until it is stopped; returns the exit code.</param>
    public static RootCommand Create(Func<KvstoreOptions, CancellationToken, int> run)
    {
        var command = new KvstoreCommand();
        RootCommand root = command._replica.Declare(
            "Kvstore", "Kvstore: one replica of a replicated key-value store.",
            command._preload, command._keyMax, command._valueMax);
        root.SetAction((parsed, stop) =>
        {
            KvstoreOptions options = command.Read(parsed);
            options.Validate();
            return run(options, stop);
        });
        return root;
    }

    private KvstoreOptions Read(ParseResult parsed)
    {
        Preload preload = parsed.GetValue(_preload);
        return new KvstoreOptions
        {
            Process = _replica.Read(parsed, host => host with
            {
                StateBase = preload.Base,
                // Not what this replica's limits say: others may propose longer ones, which must still be stored.
                Log = new LogOptions { PayloadBytesMax = KeyBytesMost + ValueBytesMost + CommandOverheadBytes },
            }),
            Limits = new KvStateMachineOptions
            {
                KeyBytesMax = parsed.GetValue(_keyMax),
                ValueBytesMax = parsed.GetValue(_valueMax),
            },
            Preload = preload,
        };
    }
}
