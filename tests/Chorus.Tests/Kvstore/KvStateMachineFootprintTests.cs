using System.Globalization;
using Chorus.Common.KeyValue;

namespace Chorus.Tests.Kvstore;

/// <summary>Memory of the process while a store grows and shrinks.</summary>
[Collection(nameof(MeasuringAlone))]
public sealed class KvStateMachineFootprintTests
{
    private const int Entries = 64_000;

    // The collector would keep it until it is short of memory itself.
    [Fact]
    public void What_is_removed_is_given_back_to_the_system()
    {
        if (!OperatingSystem.IsLinux())
            return;
        var table = new KvStateMachineTable(16 << 20);
        byte[] value = new byte[2_000];
        for (int i = 0; i < Entries; i++)
            table.Store(table.FindOrAdd(BitConverter.GetBytes(i), value.Length, out _), value);
        long full = ResidentBytes();
        Assert.InRange(full, Entries * 2_000, long.MaxValue);
        for (int i = 0; i < Entries; i++)
            table.Remove(table.Find(BitConverter.GetBytes(i)));
        // Two segments may stay, and the code that does it takes some, too.
        Assert.InRange(full - ResidentBytes(), Entries * 2_000 / 2, long.MaxValue);
        GC.KeepAlive(table);
    }

    private static long ResidentBytes()
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line[6..^2], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture);
    }
}
