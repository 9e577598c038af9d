using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Tests.Log;

namespace Chorus.Tests.Snapshots;

/// <summary>The file of a snapshot: what is written comes back or is refused, whatever happens to the bytes.</summary>
public sealed class SnapshotFileTests
{
    private static readonly byte[] One = [1, 2, 3], Two = [4], Three = [.. Enumerable.Repeat((byte)5, 5_000)];

    private readonly MemoryStorage _storage = new();

    [Fact]
    public void A_snapshot_comes_back_piece_by_piece_with_its_header_and_digest()
    {
        SnapshotInfo info;
        using (SnapshotWriter writer = SnapshotWriter.Begin(_storage, SnapshotWork.Header(0xABC)))
        {
            writer.Add(SnapshotSection.Sessions, Two);
            writer.Add(SnapshotSection.State, One);
            writer.Add(SnapshotSection.State, Three);
            info = writer.Finish(digest: 77);
        }
        Assert.Equal("snapshot-0000000000000abc", info.Name);
        using SnapshotReader reader = SnapshotReader.Open(_storage, info.Name);
        Assert.Equal(info with { Header = reader.Header }, reader.Info);
        SnapshotHeader header = SnapshotWork.Header(0xABC);
        Assert.Equal(header.Last, reader.Header.Last);
        Assert.Equal((header.ClusterId, header.Maker, header.StateBase),
            (reader.Header.ClusterId, reader.Header.Maker, reader.Header.StateBase));
        Assert.Equal(header.Configuration.Index, reader.Header.Configuration.Index);
        Assert.Equal(header.Configuration.Configuration.ToString(),
            reader.Header.Configuration.Configuration.ToString());
        var contents = new SnapshotRestore(reader);
        Assert.True(contents.TryRead(out ReadOnlySpan<byte> piece));
        Assert.Equal(One, piece);
        Assert.True(contents.TryRead(out piece));
        Assert.Equal(Three, piece);
        Assert.False(contents.TryRead(out _));
        Assert.Equal(Two, contents.Sessions.ToArray());
        Assert.Equal(77ul, contents.Digest);
        Assert.Equal([info.Name], _storage.List());
    }

    [Fact]
    public void Any_byte_that_changes_is_found()
    {
        SnapshotInfo info = SnapshotWork.Write(_storage, 9, One, Two);
        byte[] sound = Bytes(info.Name);
        for (int at = 0; at < sound.Length; at++)
        {
            byte[] bytes = [.. sound];
            bytes[at] ^= 0x10;
            MemoryStorage storage = With(bytes);
            Exception error = Assert.ThrowsAny<Exception>(() => SnapshotReader.Verify(storage, info.Name));
            Assert.True(error is LogCorruptionException or NodeDirectoryException, error.ToString());
            Assert.Contains("snapshot-0000000000000009", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_snapshot_that_was_cut_or_lengthened_is_none()
    {
        SnapshotInfo info = SnapshotWork.Write(_storage, 9, One, Two);
        byte[] sound = Bytes(info.Name);
        for (int length = 0; length < sound.Length; length++)
            Assert.Throws<LogCorruptionException>(() => SnapshotReader.Verify(With(sound[..length]), info.Name));
        Assert.Throws<LogCorruptionException>(() => SnapshotReader.Verify(With([.. sound, 0]), info.Name));
    }

    [Fact]
    public void A_piece_of_another_snapshot_or_at_another_place_is_found()
    {
        byte[] piece = [7, 7, 7, 7];
        string name = SnapshotWork.Write(_storage, 9, piece, piece).Name;
        string other = SnapshotWork.Write(_storage, 10, piece, piece).Name;
        byte[] bytes = Bytes(name), others = Bytes(other);
        int header = SnapshotWork.Header(9).Encode().Length;
        Range first = header..(header + 20), second = (header + 20)..(header + 40);
        byte[] foreign = [.. bytes[..first.Start.Value], .. others[first], .. bytes[first.End.Value..]];
        byte[] swapped = [.. bytes[..header], .. bytes[second], .. bytes[first], .. bytes[second.End.Value..]];
        byte[] missing = [.. bytes[..header], .. bytes[first], .. bytes[second.End.Value..]];
        foreach (byte[] wrong in new[] { foreign, swapped, missing })
            Assert.Throws<LogCorruptionException>(() => SnapshotReader.Verify(With(wrong), name));
    }

    [Fact]
    public void A_newer_format_is_refused_with_the_cure()
    {
        SnapshotInfo info = SnapshotWork.Write(_storage, 9, One);
        using (IStorageFile file = _storage.Open(info.Name, writable: true))
        {
            file.Write(8, [2, 0, 0, 0]);
            // Where only the format is another one, it has rotted.
            Assert.Null(SnapshotStore.Open(_storage, SnapshotWork.Cluster).Newest);
            byte[] header = new byte[BinaryPrimitives.ReadInt32LittleEndian(Bytes(file, 12, 4))];
            file.Read(0, header);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Crc32C.Compute(header.AsSpan(8)));
            file.Write(0, header);
        }
        var error = Assert.Throws<NodeDirectoryException>(() => SnapshotStore.Open(_storage, SnapshotWork.Cluster));
        Assert.Contains("format 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("Install that version again", error.Cure);
    }

    private static byte[] Bytes(IStorageFile file, long at, int count)
    {
        byte[] bytes = new byte[count];
        file.Read(at, bytes);
        return bytes;
    }

    [Fact]
    public void A_loss_of_power_at_any_write_leaves_a_whole_snapshot_or_none()
    {
        for (int diesAt = 1; ; diesAt++)
        {
            var storage = new FragileStorage();
            SnapshotWork.Write(storage, 5, One);
            int operations = storage.Operations;
            storage.DiesAt = operations + diesAt;
            bool died = false;
            try
            {
                SnapshotWork.Write(storage, 9, One, Two, Three);
            }
            catch (PowerLossException)
            {
                died = true;
            }
            for (int seed = 0; seed < 8; seed++)
            {
                FragileStorage after = storage.AfterLoss(new Random(seed), seed / 7.0);
                SnapshotStore store = SnapshotStore.Open(after, SnapshotWork.Cluster);
                Assert.Empty(store.Notes);
                Assert.Contains(store.Newest!.Index.Value, died ? [5ul, 9ul] : new[] { 9ul });
                Assert.DoesNotContain(SnapshotNames.Temp, after.List());
            }
            if (!died)
                return;
        }
    }

    private byte[] Bytes(string name)
    {
        using IStorageFile file = _storage.Open(name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }

    private static MemoryStorage With(byte[] bytes)
    {
        var storage = new MemoryStorage();
        using IStorageFile file = storage.Create("snapshot-0000000000000009");
        file.Write(0, bytes);
        return storage;
    }
}
