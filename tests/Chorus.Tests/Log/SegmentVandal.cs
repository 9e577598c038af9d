namespace Chorus.Tests.Log;

/// <summary>Damages the log of a node that is down, in a real directory.</summary>
internal static class SegmentVandal
{
    /// <summary>Changes bytes in the middle of what the first segment holds.</summary>
    public static void FlipInTheMiddle(string folder)
    {
        string path = Directory.EnumerateFiles(folder, "segment-*.log").Order(StringComparer.Ordinal).First();
        Flip(path, (4096 + File.ReadAllBytes(path).AsSpan().LastIndexOfAnyExcept((byte)0)) / 2);
    }

    /// <summary>Changes three bytes of a file.</summary>
    public static void Flip(string path, int at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        for (int i = 0; i < 3; i++)
            bytes[at + i] ^= 0x55;
        File.WriteAllBytes(path, bytes);
    }
}
