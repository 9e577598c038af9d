using Chorus.Common.Log;

namespace Chorus.Tests.Log;

/// <summary>Settings at which every boundary of the log is met after a few records.</summary>
internal static class LogTestOptions
{
    public static readonly Guid Cluster = new("00112233-4455-6677-8899-aabbccddeeff");

    public static readonly LogOptions Small = new()
    {
        SegmentSizeBytes = 16 << 10,
        ChunkBytes = 4096,
        CacheBytes = 8192,
        PayloadBytesMax = 8000,
        PendingBytesMax = 1 << 20,
    };
}
