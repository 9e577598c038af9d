using System.Globalization;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// A file of slots: two superblocks, then slot 0, 1, 2 and so on. Made with room for all of it. Slots are
/// written by one thread; another one may make checkpoints at the same time, and any may call <see cref="ReadImage"/>.
/// </summary>
public sealed class SlotFile : IDisposable
{
    /// <summary>Name of the file where nobody gives it another one.</summary>
    public const string DefaultName = "slots";

    /// <summary>Offset of slot 0.</summary>
    public const int FirstSlotAt = 2 * SlotSuperblock.BlockBytes;

    // Enough for a header and a value of usual length in one read.
    private const int ReadBytes = 4096;

    private const string Remedy =
        "Remove the file and start the node again: it is made anew from the log. Should it happen again, the disk is "
        + "failing";

    private readonly IStorageFile _file;
    private readonly string _path;
    private readonly byte[] _block = new byte[SlotSuperblock.BlockBytes];
    private readonly byte[] _slot;
    private bool _hasFailed;

    private SlotFile(IStorageFile file, string path, SlotSuperblock superblock)
    {
        _file = file;
        _path = path;
        Superblock = superblock;
        _slot = new byte[superblock.Owner.Geometry.SlotBytes];
    }

    /// <summary>The last checkpoint.</summary>
    public SlotSuperblock Superblock { get; private set; }

    /// <summary>Whether it was made just now and nothing has been written to it.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>Its shape.</summary>
    public SlotGeometry Geometry => Superblock.Owner.Geometry;

    /// <summary>Opens a node's file, or makes it where there is none.</summary>
    /// <param name="storage">The folder.</param>
    /// <param name="name">Name of the file in it.</param>
    /// <param name="owner">Whose it must be.</param>
    /// <exception cref="SlotFileException">It is somebody else's, or there is no room for it.</exception>
    /// <exception cref="LogCorruptionException">It is damaged.</exception>
    public static SlotFile Open(IStorage storage, string name, SlotFileOwner owner)
    {
        Check.That(owner.Geometry.IsValid, "the shape of a file of slots is checked before");
        string path = Path.Combine(storage.Location, name);
        if (storage.Exists(name))
        {
            SlotFile found = Load(storage, name, path);
            SlotFileOwner other = found.Superblock.Owner;
            if (other == owner)
                return found;
            found.Dispose();
            // What another life without a log on disk has left is worth nothing to anybody.
            if (!owner.IsVolatile || !other.IsVolatile)
                throw Foreign(path, other, owner);
            storage.Delete(name);
        }
        Create(storage, name, path, owner);
        SlotFile made = Load(storage, name, path);
        made.IsEmpty = true;
        return made;
    }

    /// <summary>Reads what a slot holds, verified.</summary>
    /// <param name="key">The slot.</param>
    /// <param name="value">Its value; valid until the next call.</param>
    public SlotHeader Read(long key, out ReadOnlySpan<byte> value)
    {
        int read = _file.Read(OffsetOf(key), _slot.AsSpan(0, Math.Min(ReadBytes, _slot.Length)));
        SlotHeader header = default;
        if (read >= SlotHeader.SizeBytes)
        {
            header = SlotCodec.DecodeHeader(_slot, key, Geometry.ValueBytesMax);
            int length = SlotHeader.SizeBytes + header.Length;
            if (length > read)
                read += _file.Read(OffsetOf(key) + read, _slot.AsSpan(read, length - read));
            if (length <= read)
                header = SlotCodec.Decode(_slot, key, Geometry.ValueBytesMax);
        }
        value = _slot.AsSpan(SlotHeader.SizeBytes, header.Length);
        return header;
    }

    /// <summary>Reads the header of a slot; its value is not verified.</summary>
    public SlotHeader ReadHeader(long key)
    {
        Span<byte> header = stackalloc byte[SlotHeader.SizeBytes];
        header.Clear();
        _file.Read(OffsetOf(key), header);
        return SlotCodec.DecodeHeader(header, key, Geometry.ValueBytesMax);
    }

    /// <summary>Writes a value. Not durable before a checkpoint.</summary>
    /// <returns>Bytes written.</returns>
    public int WriteValue(long key, LogIndex index, ReadOnlySpan<byte> value, ulong hash) =>
        Write(key, SlotCodec.Encode(_slot, key, index, value, hash));

    /// <summary>Writes that the value was deleted. Not durable before a checkpoint.</summary>
    /// <returns>Bytes written.</returns>
    public int WriteDeleted(long key, LogIndex index) => Write(key, SlotCodec.EncodeDeleted(_slot, key, index));

    /// <summary>Makes everything written before this call durable. Slots may be written meanwhile.</summary>
    /// <exception cref="IOException">The disk failed, now or before; the node must stop.</exception>
    public void Sync()
    {
        if (_hasFailed)
            throw new IOException($"{_path} failed before; what was written since its last checkpoint is in doubt");
        // Until it is seen to have gone well: a sync that failed and is tried again would "succeed" (trap 5).
        _hasFailed = true;
        _file.Sync();
        _hasFailed = false;
    }

    /// <summary>
    /// Writes down how far the slots are durable. What was applied up to there must be (<see cref="Sync"/>); durable
    /// itself after the next one.
    /// </summary>
    /// <param name="applied">Last index whose effect is durable in the slots.</param>
    /// <param name="count">Keys with a value at that index.</param>
    /// <param name="digest">Digest of the state at that index.</param>
    public void WriteSuperblock(LogIndex applied, long count, ulong digest)
    {
        Superblock = Superblock with
        {
            Sequence = Superblock.Sequence + 1,
            Applied = applied,
            Count = count,
            Digest = digest,
        };
        WriteSuperblock(_file, Superblock, _block);
    }

    /// <summary>Reads slots as they stand, from slot 0 on. May be called by another thread while slots are
    /// written.</summary>
    /// <param name="offset">Bytes behind the start of slot 0.</param>
    /// <param name="into">Where to.</param>
    /// <returns>Bytes read; fewer only at the end of the last slot.</returns>
    public int ReadImage(long offset, Span<byte> into)
    {
        int length = (int)Math.Clamp(Geometry.LengthBytes - offset, 0, into.Length);
        return _file.Read(FirstSlotAt + offset, into[..length]);
    }

    /// <summary>Writes a piece of an image that was read elsewhere.</summary>
    /// <param name="offset">Bytes behind the start of slot 0.</param>
    /// <param name="bytes">The piece; within the slots.</param>
    public void WriteImage(long offset, ReadOnlySpan<byte> bytes)
    {
        Check.That(offset >= 0 && bytes.Length <= Geometry.LengthBytes - offset, "an image is no longer than its file");
        IsEmpty = false;
        _file.Write(FirstSlotAt + offset, bytes);
    }

    /// <summary>A sentence for a slot that does not hold what was written.</summary>
    public LogCorruptionException Damaged(long key) => new(
        $"{_path}, offset {OffsetOf(key)}: the slot of key {key} does not hold what was written to it. {Remedy}.");

    /// <summary>A sentence for damage that concerns the whole file.</summary>
    public LogCorruptionException Damaged(string what) => DamagedFile(_path, what);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static LogCorruptionException DamagedFile(string path, string what) => new($"{path}: {what}. {Remedy}.");

    private static SlotFileException Foreign(string path, SlotFileOwner other, SlotFileOwner owner)
    {
        if (other.Incarnation == owner.Incarnation && other.ClusterId == owner.ClusterId)
        {
            return new SlotFileException(
                $"-slots, -slotsize: {path} has {other.Geometry.Slots} slots of {other.Geometry.SlotBytes} bytes, not "
                + $"{owner.Geometry.Slots} of {owner.Geometry.SlotBytes}",
                "Give the same -slots and -slotsize as at the first start");
        }
        return new SlotFileException(
            $"-file: {path} belongs to another node, or to an earlier data directory of this one (cluster "
                + $"{other.ClusterId}, incarnation {other.Incarnation:x})",
            "Name another -file; or remove this one if no node uses it: a node makes its file anew from its log");
    }

    private static void Create(IStorage storage, string name, string path, SlotFileOwner owner)
    {
        long length = FirstSlotAt + owner.Geometry.LengthBytes;
        string temp = name + ".tmp";
        if (storage.Exists(temp))
            storage.Delete(temp);
        if (storage.FreeBytes < length)
        {
            throw new SlotFileException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"-file: {path} takes {length:n0} bytes, and the device has {storage.FreeBytes:n0}"),
                "Make room, name a -file on another device, or start a cluster with fewer -slots");
        }
        byte[] block = new byte[SlotSuperblock.BlockBytes];
        using (IStorageFile file = storage.CreateReserved(temp, length))
        {
            for (ulong sequence = 0; sequence < 2; sequence++)
                WriteSuperblock(file, new SlotSuperblock(owner, sequence, LogIndex.Zero, 0, 0), block);
            file.Sync();
        }
        storage.Rename(temp, name);
        storage.SyncDirectory();
    }

    private static SlotFile Load(IStorage storage, string name, string path)
    {
        IStorageFile file = storage.Open(name, writable: true);
        try
        {
            // What a killed process wrote may still be only in the page cache; nothing is counted on before this.
            file.Sync();
            SlotSuperblock? newest = null;
            byte[] block = new byte[SlotSuperblock.BlockBytes];
            for (int i = 0; i < 2; i++)
            {
                file.Read(i * SlotSuperblock.BlockBytes, block);
                SlotSuperblock? found = SlotSuperblock.Decode(block, out uint format);
                if (format > SlotSuperblock.Format)
                {
                    throw new SlotFileException(
                        $"-file: {path} has format {format}, this version reads up to {SlotSuperblock.Format}: it was "
                        + "made by a newer Chorus", "Install that version again, or name another -file");
                }
                if (found is not null && (newest is null || found.Sequence > newest.Sequence))
                    newest = found;
            }
            if (newest is not { Owner.Geometry.IsValid: true })
                throw DamagedFile(path, "neither of its two superblocks is whole, or it is no file of slots at all");
            if (file.Length < FirstSlotAt + newest.Owner.Geometry.LengthBytes)
                throw DamagedFile(path, $"it has {file.Length} bytes and was longer");
            return new SlotFile(file, path, newest);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void WriteSuperblock(IStorageFile file, SlotSuperblock superblock, byte[] block)
    {
        superblock.Encode(block);
        file.Write((long)(superblock.Sequence % 2) * SlotSuperblock.BlockBytes, block);
    }

    private int Write(long key, ReadOnlySpan<byte> slot)
    {
        IsEmpty = false;
        _file.Write(OffsetOf(key), slot);
        return slot.Length;
    }

    private long OffsetOf(long key) => FirstSlotAt + key * Geometry.SlotBytes;
}
