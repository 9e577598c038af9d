using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// Two files beside a file of slots, written in turn, one checkpoint each: the slots that change by it, and the
/// sessions of clients at its index. It is durable before the first of those slots is written, so a checkpoint is there
/// whole or not at all, whatever a crash tears.
/// </summary>
/// <remarks>
/// Little-endian. Header: 0 magic u32, 4 crc32c u32 of bytes 8 to 95, 8 format u32, 12 crc32c u32 of all behind the
/// header, 16 sequence u64, 24 cluster (16 bytes), 40 incarnation u64, 48 applied index u64, 56 count u64, 64 digest
/// u64, 72 slots u64, 80 bytes of the slots u64, 88 bytes of the sessions u64. Then each slot: key u64 and as many
/// bytes of a slot as it uses; then the sessions.
/// </remarks>
internal sealed class SlotJournal : IDisposable
{
    private const uint Magic = 0x4a53_4331; // "1CSJ"
    private const uint Format = 1;
    private const int HeaderBytes = 96;
    private const int PieceBytes = 1 << 20;

    private readonly IStorageFile[] _files = new IStorageFile[2];
    private readonly string _location;
    private readonly SlotFileOwner _owner;
    private readonly byte[] _piece;
    private readonly byte[] _header = new byte[HeaderBytes];
    private long _at;
    private int _used;
    private uint _crc;

    private SlotJournal(string location, SlotFileOwner owner)
    {
        (_location, _owner) = (location, owner);
        _piece = new byte[PieceBytes + sizeof(long) + owner.Geometry.SlotBytes];
    }

    /// <summary>A checkpoint that a journal holds.</summary>
    /// <param name="Sequence">Its number.</param>
    /// <param name="Applied">Its index.</param>
    /// <param name="Count">Keys with a value.</param>
    /// <param name="Digest">Digest of the state.</param>
    /// <param name="Slots">Slots that changed by it, encoded.</param>
    /// <param name="Sessions">Sessions of clients, encoded; empty: none were ever opened.</param>
    public sealed record Checkpoint(
        ulong Sequence, LogIndex Applied, long Count, ulong Digest, ReadOnlyMemory<byte> Slots,
        ReadOnlyMemory<byte> Sessions);

    /// <summary>Opens the journals of a file of slots, or makes them.</summary>
    /// <param name="storage">The folder.</param>
    /// <param name="name">Name of the file of slots.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="bytes">Room that a new journal takes at once; it grows where that is not enough.</param>
    public static SlotJournal Open(IStorage storage, string name, SlotFileOwner owner, long bytes)
    {
        var journal = new SlotJournal(storage.Location, owner);
        try
        {
            for (int i = 0; i < 2; i++)
            {
                string file = NameOf(name, i);
                journal._files[i] = storage.Exists(file) ? storage.Open(file, writable: true)
                    : bytes > 0 ? storage.CreateReserved(file, bytes)
                    : storage.Create(file);
                // What a killed process wrote may still be only in the page cache.
                journal._files[i].Sync();
            }
            storage.SyncDirectory();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Removes the journals of a file that is made anew.</summary>
    public static void Delete(IStorage storage, string name)
    {
        for (int i = 0; i < 2; i++)
        {
            if (storage.Exists(NameOf(name, i)))
                storage.Delete(NameOf(name, i));
        }
        storage.SyncDirectory();
    }

    /// <summary>The newest checkpoint that is whole; null: there is none.</summary>
    /// <exception cref="SlotFileException">A newer version wrote one.</exception>
    public Checkpoint? Newest()
    {
        Checkpoint? newest = null;
        foreach (IStorageFile file in _files)
        {
            if (Read(file) is { } found && (newest is null || found.Sequence > newest.Sequence))
                newest = found;
        }
        return newest;
    }

    /// <summary>Writes a checkpoint and makes it durable.</summary>
    /// <param name="superblock">What the superblock will say once the slots are durable.</param>
    /// <param name="changes">Slots that change by it.</param>
    /// <param name="sessions">Sessions of clients.</param>
    public void Write(SlotSuperblock superblock, SlotChanges changes, ReadOnlySpan<byte> sessions)
    {
        IStorageFile file = _files[superblock.Sequence % 2];
        (_at, _used, _crc) = (HeaderBytes, 0, 0);
        foreach (long key in changes.Keys())
        {
            changes.TryGet(key, out SlotHeader header, out ReadOnlySpan<byte> value);
            BinaryPrimitives.WriteInt64LittleEndian(_piece.AsSpan(_used), key);
            _used += sizeof(long);
            _used += SlotCodec.Encode(_piece.AsSpan(_used), key, header, value);
            if (_used >= PieceBytes)
                Flush(file);
        }
        Flush(file);
        long slotsBytes = _at - HeaderBytes;
        file.Write(_at, sessions);
        _crc = Crc32C.Compute(sessions, _crc);
        Encode(superblock, changes.Count, slotsBytes, sessions.Length);
        file.Write(0, _header);
        file.Sync();
    }

    /// <summary>Takes the first slot from those of a checkpoint.</summary>
    /// <param name="slots">Without that slot afterwards.</param>
    /// <param name="valueBytesMax">Longest value that a slot can hold.</param>
    /// <param name="key">Which one it is.</param>
    /// <returns>Its bytes.</returns>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> slots, int valueBytesMax, out long key)
    {
        key = BinaryPrimitives.ReadInt64LittleEndian(slots);
        ReadOnlySpan<byte> rest = slots[sizeof(long)..];
        int length = SlotHeader.SizeBytes + SlotCodec.DecodeHeader(rest, key, valueBytesMax).Length;
        slots = rest[length..];
        return rest[..length];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IStorageFile? file in _files)
            file?.Dispose();
    }

    private static string NameOf(string name, int number) => $"{name}.journal{number}";

    private void Flush(IStorageFile file)
    {
        ReadOnlySpan<byte> piece = _piece.AsSpan(0, _used);
        file.Write(_at, piece);
        _crc = Crc32C.Compute(piece, _crc);
        _at += _used;
        _used = 0;
    }

    private void Encode(SlotSuperblock superblock, int slots, long slotsBytes, int sessionsBytes)
    {
        Span<byte> header = _header;
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Format);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], _crc);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], superblock.Sequence);
        _owner.ClusterId.TryWriteBytes(header[24..]);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], _owner.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], superblock.Applied.Value);
        BinaryPrimitives.WriteInt64LittleEndian(header[56..], superblock.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(header[64..], superblock.Digest);
        BinaryPrimitives.WriteInt64LittleEndian(header[72..], slots);
        BinaryPrimitives.WriteInt64LittleEndian(header[80..], slotsBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header[88..], sessionsBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32C.Compute(header[8..]));
    }

    private Checkpoint? Read(IStorageFile file)
    {
        byte[] header = new byte[HeaderBytes];
        if (file.Read(0, header) < HeaderBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)) != Crc32C.Compute(header.AsSpan(8))
            || new Guid(header.AsSpan(24, 16)) != _owner.ClusterId
            || BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(40)) != _owner.Incarnation)
            return null;
        string path = Path.Combine(_location, file.Name);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) is var format and > Format)
            throw SlotFile.Newer(path, "has", format, Format);
        long slotsBytes = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(80));
        long sessionsBytes = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(88));
        if (slotsBytes < 0 || sessionsBytes < 0 || slotsBytes + sessionsBytes > file.Length - HeaderBytes)
            return null;
        byte[] body = new byte[slotsBytes + sessionsBytes];
        if (file.Read(HeaderBytes, body) < body.Length
            || Crc32C.Compute(body) != BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)))
            return null;
        if (sessionsBytes >= sizeof(uint)
            && BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan((int)slotsBytes)) is var sessions
            and > SnapshotReader.SessionsFormat)
            throw SlotFile.Newer(path, "holds sessions of", sessions, SnapshotReader.SessionsFormat);
        return new Checkpoint(
            BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(16)),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(48))),
            BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(56)),
            BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(64)),
            body.AsMemory(0, (int)slotsBytes), body.AsMemory((int)slotsBytes));
    }
}
