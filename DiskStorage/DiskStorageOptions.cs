using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.DiskStorage;

/// <summary>What the command line of DiskStorage says.</summary>
internal sealed record DiskStorageOptions
{
    /// <summary>What every replica has.</summary>
    public required ReplicaProcessOptions Process { get; init; }

    /// <summary>Shape of the file; the same on every replica.</summary>
    public required SlotGeometry Geometry { get; init; }

    /// <summary>The file; null: in the data directory.</summary>
    public string? File { get; init; }

    /// <summary>Checks what the flags say together.</summary>
    /// <exception cref="ChorusException">They contradict each other, or make no sense.</exception>
    public void Validate()
    {
        Process.Validate();
        if (Geometry.SlotBytes % SlotGeometry.SlotBytesUnit != 0)
        {
            throw ChorusException.Usage(
                $"-slotsize: {Geometry.SlotBytes} is no multiple of {SlotGeometry.SlotBytesUnit}",
                $"Use one up to {SlotGeometry.SlotBytesMax}, such as 1024");
        }
        if (File is not null && (Path.GetFileName(File).Length == 0 || Directory.Exists(File)))
            throw ChorusException.Usage($"-file: '{File}' is a folder", "Name a file in it");
    }
}
