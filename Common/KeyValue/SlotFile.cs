using System.Globalization;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.KeyValue;

/// <summary>
/// A file of slots: two superblocks, then slot 0, 1, 2 and so on. Made with room for all of it. It is written by
/// checkpoints only, each of which is there whole or not at all (<see cref="SlotJournal"/>). One thread makes them;
/// another one may read meanwhile what they leave alone, and any may call <see cref="ReadImage"/>.
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
        "Remove the file and start the node again: it is made anew from snapshot and log. Should it happen again, the "
        + "disk is failing";

    private readonly IStorageFile _file;
    private readonly string _path;
    private readonly SlotJournal _journal;
    private readonly byte[] _slot;
    private readonly byte[] _written;
    private readonly Lock _image = new();
    private volatile SlotSuperblock _superblock;
    private bool _hasFailed;

    private SlotFile(IStorageFile file, SlotJournal journal, string path, SlotSuperblock superblock)
    {
        _file = file;
        _journal = journal;
        _path = path;
        _superblock = superblock;
        _slot = new byte[superblock.Owner.Geometry.SlotBytes];
        _written = new byte[_slot.Length];
    }

    /// <summary>Sessions of clients at the checkpoint that was there when the file was opened.</summary>
    public SessionTable Sessions { get; private set; } = new();

    /// <summary>The last checkpoint that is complete. May be asked by any thread.</summary>
    public SlotSuperblock Superblock => _superblock;

    /// <summary>Whether it was made just now and nothing has been written to it.</summary>
    public bool IsEmpty { get; private set; }

    /// <summary>Its shape.</summary>
    public SlotGeometry Geometry => _superblock.Owner.Geometry;

    /// <summary>Opens a node's file, or makes it where there is none.</summary>
    /// <param name="storage">The folder.</param>
    /// <param name="name">Name of the file in it.</param>
    /// <param name="owner">Whose it must be.</param>
    /// <param name="journalBytes">Room that each of its two journals takes at once, where they are made.</param>
    /// <exception cref="SlotFileException">It is somebody else's, or there is no room for it.</exception>
    /// <exception cref="LogCorruptionException">It is damaged.</exception>
    public static SlotFile Open(IStorage storage, string name, SlotFileOwner owner, long journalBytes = 0)
    {
        Check.That(owner.Geometry.IsValid, "the shape of a file of slots is checked before");
        string path = Path.Combine(storage.Location, name);
        if (storage.Exists(name))
        {
            if (Load(storage, name, path, owner, journalBytes) is { } found)
                return found;
            storage.Delete(name);
        }
        SlotJournal.Delete(storage, name);
        Create(storage, name, path, owner, journalBytes);
        SlotFile made = Load(storage, name, path, owner, journalBytes)!;
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

    /// <summary>What the superblock will say of a checkpoint.</summary>
    /// <param name="applied">Its index.</param>
    /// <param name="count">Keys with a value at that index.</param>
    /// <param name="digest">Digest of the state at that index.</param>
    public SlotSuperblock Next(LogIndex applied, long count, ulong digest) => _superblock with
    {
        Sequence = _superblock.Sequence + 1,
        Applied = applied,
        Count = count,
        Digest = digest,
    };

    /// <summary>The first half of a checkpoint: makes it durable beside the file, which is as it was.</summary>
    /// <param name="superblock">The checkpoint.</param>
    /// <param name="changes">Slots that have changed since the last one.</param>
    /// <param name="sessions">Sessions of clients, encoded.</param>
    /// <exception cref="DiskFullException">There is no room. It may be tried again: all of it is written anew.
    /// </exception>
    /// <exception cref="IOException">The disk failed, now or before; the node must stop.</exception>
    internal void WriteJournal(SlotSuperblock superblock, SlotChanges changes, ReadOnlySpan<byte> sessions)
    {
        BeginSync();
        try
        {
            _journal.Write(superblock, changes, sessions);
        }
        catch (DiskFullException)
        {
            // The file and the other journal are as they were.
            _hasFailed = false;
            throw;
        }
        _hasFailed = false;
    }

    /// <summary>The second half: brings the file to what the journal says.</summary>
    /// <param name="superblock">The checkpoint.</param>
    /// <param name="changes">Slots that have changed since the last one.</param>
    /// <exception cref="IOException">The disk failed, now or before; the node must stop.</exception>
    internal void Write(SlotSuperblock superblock, SlotChanges changes)
    {
        foreach (long key in changes.Keys())
        {
            changes.TryGet(key, out SlotHeader header, out ReadOnlySpan<byte> value);
            Write(key, _written.AsSpan(0, SlotCodec.Encode(_written, key, header, value)));
        }
        Finish(superblock);
    }

    /// <summary>Writes a slot of a file that does not count yet. Not durable before <see cref="Sync"/>.</summary>
    internal void WriteValue(long key, LogIndex index, ReadOnlySpan<byte> value, ulong hash) =>
        Write(key, SlotCodec.Encode(_written, key, index, value, hash));

    /// <summary>Makes a slot of a file that does not count yet one that was never written.</summary>
    internal void Clear(long key)
    {
        Span<byte> zeros = stackalloc byte[SlotHeader.SizeBytes];
        zeros.Clear();
        if (ReadHeader(key).Kind != SlotKind.Empty)
            Write(key, zeros);
    }

    /// <summary>Makes everything written before this call durable.</summary>
    /// <exception cref="IOException">The disk failed, now or before; the node must stop.</exception>
    internal void Sync()
    {
        BeginSync();
        _file.Sync();
        _hasFailed = false;
    }

    /// <summary>Reads slots as they stand, from slot 0 on, each of them whole. May be called by any thread.</summary>
    /// <param name="offset">Bytes behind the start of slot 0.</param>
    /// <param name="into">Where to.</param>
    /// <returns>Bytes read; fewer only at the end of the last slot.</returns>
    public int ReadImage(long offset, Span<byte> into)
    {
        int length = (int)Math.Clamp(Geometry.LengthBytes - offset, 0, into.Length);
        lock (_image)
            return _file.Read(FirstSlotAt + offset, into[..length]);
    }

    /// <summary>A sentence for a slot that does not hold what was written.</summary>
    public LogCorruptionException Damaged(long key) => new(
        $"{_path}, offset {OffsetOf(key)}: the slot of key {key} does not hold what was written to it. {Remedy}.");

    /// <summary>A sentence for damage that concerns the whole file.</summary>
    public LogCorruptionException Damaged(string what) => DamagedFile(_path, what);

    /// <summary>What a newer version has written, into the file or its journals.</summary>
    internal static SlotFileException Newer(string path, string what, uint format, uint newest) => new(
        $"-file: {path} {what} format {format}, this version reads up to {newest}: it was made by a newer Chorus",
        "Install that version again, or name another -file");

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal.Dispose();
        _file.Dispose();
    }

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

    private static void Create(
        IStorage storage, string name, string path, SlotFileOwner owner, long journalBytes)
    {
        long length = FirstSlotAt + owner.Geometry.LengthBytes;
        long room = length + 2 * journalBytes;
        string temp = name + ".tmp";
        if (storage.Exists(temp))
            storage.Delete(temp);
        if (storage.FreeBytes < room)
        {
            throw new SlotFileException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"-file: {path} takes {room:n0} bytes, and the device has {storage.FreeBytes:n0}"),
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

    // Null for what another life without a log on disk has left: worth nothing to anybody. Somebody else's file is not
    // touched: a checkpoint of its owner may be under way.
    private static SlotFile? Load(
        IStorage storage, string name, string path, SlotFileOwner owner, long journalBytes)
    {
        IStorageFile file = storage.Open(name, writable: true);
        SlotJournal? journal = null;
        try
        {
            // What a killed process wrote may still be only in the page cache; nothing is counted on before this.
            file.Sync();
            SlotSuperblock superblock = ReadSuperblock(file, path);
            if (superblock.Owner != owner)
            {
                if (!owner.IsVolatile || !superblock.Owner.IsVolatile)
                    throw Foreign(path, superblock.Owner, owner);
                file.Dispose();
                return null;
            }
            if (file.Length < FirstSlotAt + superblock.Owner.Geometry.LengthBytes)
                throw DamagedFile(path, $"it has {file.Length} bytes and was longer");
            journal = SlotJournal.Open(storage, name, superblock.Owner, journalBytes);
            var slots = new SlotFile(file, journal, path, superblock);
            slots.Redo();
            return slots;
        }
        catch
        {
            journal?.Dispose();
            file.Dispose();
            throw;
        }
    }

    private static SlotSuperblock ReadSuperblock(IStorageFile file, string path)
    {
        SlotSuperblock? newest = null;
        byte[] block = new byte[SlotSuperblock.BlockBytes];
        for (int i = 0; i < 2; i++)
        {
            file.Read(i * SlotSuperblock.BlockBytes, block);
            SlotSuperblock? found = SlotSuperblock.Decode(block, out uint format);
            if (found is null)
                continue;
            if (format > SlotSuperblock.Format)
                throw Newer(path, "has", format, SlotSuperblock.Format);
            if (format < SlotSuperblock.Format)
            {
                throw new SlotFileException(
                    $"-file: {path} has format {format}, which knows nothing of the sessions of clients: it was made "
                    + "by an older Chorus",
                    "Remove the file and start the node again: it is made anew from snapshot and log");
            }
            if (newest is null || found.Sequence > newest.Sequence)
                newest = found;
        }
        if (newest is not { Owner.Geometry.IsValid: true })
            throw DamagedFile(path, "neither of its two superblocks is whole, or it is no file of slots at all");
        return newest;
    }

    private static void WriteSuperblock(IStorageFile file, SlotSuperblock superblock, byte[] block)
    {
        superblock.Encode(block);
        file.Write((long)(superblock.Sequence % 2) * SlotSuperblock.BlockBytes, block);
    }

    // Finishes a checkpoint that a crash interrupted.
    private void Redo()
    {
        SlotJournal.Checkpoint? newest = _journal.Newest();
        // The two superblocks that a new file has are no checkpoints.
        ulong sequence = newest?.Sequence ?? 1;
        if (sequence != _superblock.Sequence && sequence != _superblock.Sequence + 1)
            throw Damaged("the journal of its last checkpoint is missing, or not what was written");
        if (newest is null)
            return;
        try
        {
            Sessions = newest.Sessions.IsEmpty ? new SessionTable() : SessionTable.Decode(newest.Sessions.Span);
        }
        catch (InvalidDataException error)
        {
            throw Damaged($"the sessions of clients in its journal are not what was written: {error.Message}");
        }
        if (newest.Sequence == _superblock.Sequence)
            return;
        for (ReadOnlySpan<byte> slots = newest.Slots.Span; slots.Length > 0;)
        {
            ReadOnlySpan<byte> slot = SlotJournal.Take(ref slots, Geometry.ValueBytesMax, out long key);
            Write(key, slot);
        }
        Finish(Next(newest.Applied, newest.Count, newest.Digest));
    }

    private void Finish(SlotSuperblock superblock)
    {
        Sync();
        byte[] block = new byte[SlotSuperblock.BlockBytes];
        WriteSuperblock(_file, superblock, block);
        Sync();
        _superblock = superblock;
    }

    private void BeginSync()
    {
        if (_hasFailed)
            throw new IOException($"{_path} failed before; what was written since its last checkpoint is in doubt");
        // Until it is seen to have gone well: a sync that failed and is tried again would "succeed" (trap 5).
        _hasFailed = true;
    }

    // An image that is read meanwhile has the slot as it was, or as it will be.
    private void Write(long key, ReadOnlySpan<byte> slot)
    {
        IsEmpty = false;
        lock (_image)
            _file.Write(OffsetOf(key), slot);
    }

    private long OffsetOf(long key) => FirstSlotAt + key * Geometry.SlotBytes;
}
