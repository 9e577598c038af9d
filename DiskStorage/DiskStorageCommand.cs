using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.DiskStorage;

/// <summary>The command line of DiskStorage.</summary>
internal sealed class DiskStorageCommand
{
    private const int SlotsDefault = 1 << 20;
    private const int SlotBytesDefault = 1024;

    private readonly ReplicaFlags _replica = new();
    private readonly FlagOption<string?> _file = Flag.Text(
        "file", "FILE", $"the file of slots (default: {SlotFile.DefaultName} in the folder of -data)");
    private readonly FlagOption<int> _slots = Flag.Integer(
        "slots", "N", "number of slots: keys are 0 to N-1; the same on every replica", SlotsDefault, 1,
        (int)SlotGeometry.SlotsMax);
    private readonly FlagOption<int> _slotSize = Flag.Integer(
        "slotsize", "BYTES", $"size of a slot, of which {SlotHeader.SizeBytes} bytes are its header; the same on every "
            + "replica", SlotBytesDefault, SlotGeometry.SlotBytesUnit, SlotGeometry.SlotBytesMax);

    /// <summary>Builds the command.</summary>
    /// <param name="run">Runs a replica until it is stopped; returns the exit code.</param>
    public static RootCommand Create(Func<DiskStorageOptions, CancellationToken, int> run)
    {
        var command = new DiskStorageCommand();
        RootCommand root = command._replica.Declare(
            "DiskStorage", "DiskStorage: one replica of replicated slots in a file; keys are integers.",
            command._file, command._slots, command._slotSize);
        root.SetAction((parsed, stop) =>
        {
            DiskStorageOptions options = command.Read(parsed);
            options.Validate();
            return run(options, stop);
        });
        return root;
    }

    private DiskStorageOptions Read(ParseResult parsed)
    {
        var geometry = new SlotGeometry(parsed.GetValue(_slots), parsed.GetValue(_slotSize));
        return new DiskStorageOptions
        {
            Process = _replica.Read(
                parsed,
                host => host with { StateBase = geometry.Base, AppliesOnThread = true, KeepsStateInFile = true }),
            Geometry = geometry,
            File = parsed.GetValue(_file),
        };
    }
}
