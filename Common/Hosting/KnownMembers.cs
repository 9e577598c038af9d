using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// The file <c>members</c> of an observer: the newest configuration that it has seen, so that it finds its cluster
/// again when its record no longer holds one. crc32c u32, then a configuration as in the log.
/// </summary>
internal static class KnownMembers
{
    private const string Name = "members";
    private const string TempName = "members.tmp";
    private const int BytesMax = 256 << 10;

    /// <summary>Reads the file; without one, or with a damaged one, nobody is known.</summary>
    public static IReadOnlyList<Member> Load(IStorage storage)
    {
        if (!storage.Exists(Name))
            return [];
        byte[] bytes = new byte[BytesMax];
        using IStorageFile file = storage.Open(Name, writable: false);
        ReadOnlySpan<byte> read = bytes.AsSpan(0, file.Read(0, bytes));
        return read.Length > sizeof(uint)
            && BinaryPrimitives.ReadUInt32LittleEndian(read) == Crc32C.Compute(read[sizeof(uint)..])
            && ConfigurationCodec.TryDecode(read[sizeof(uint)..], out Configuration? configuration, out _)
            ? configuration.Members
            : [];
    }

    /// <summary>Replaces the file; durable when the call returns.</summary>
    public static void Store(IStorage storage, Configuration configuration)
    {
        byte[] payload = ConfigurationCodec.Encode(configuration);
        byte[] bytes = new byte[sizeof(uint) + payload.Length];
        payload.CopyTo(bytes, sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Crc32C.Compute(payload));
        if (storage.Exists(TempName))
            storage.Delete(TempName);
        using (IStorageFile file = storage.Create(TempName))
        {
            file.Write(0, bytes);
            file.Sync();
        }
        storage.Rename(TempName, Name);
        storage.SyncDirectory();
    }
}
