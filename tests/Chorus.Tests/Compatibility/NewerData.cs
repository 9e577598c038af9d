using System.Buffers.Binary;
using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Compatibility;

/// <summary>
/// Raises versions in a data directory, checksums included, as a newer version would have written them.
/// </summary>
internal static class NewerData
{
    private const int HardStateSlotBytes = 4096;

    /// <summary>What can be raised, in words: the file, what stands in it, and what this version knows.</summary>
    public static readonly IReadOnlyDictionary<string, (Action<string> Raise, string File, string Found, string Known)>
        Kinds = new Dictionary<string, (Action<string>, string, string, string)>
        {
            ["identity"] = (RaiseIdentity, "node", "format 2", "up to 1"),
            ["hard state"] = (folder => RaiseHardState(folder, 0, 1), "hard-state", "format 3", "up to 2"),
            ["one copy of the hard state"] = (folder => RaiseHardState(folder, 1), "hard-state", "format 3", "up to 2"),
            ["oldest segment"] = (folder => RaiseSegment(Segments(folder)[0]), "segment-", "format 2", "up to 1"),
            ["newest segment"] = (folder => RaiseSegment(Segments(folder)[^1]), "segment-", "format 2", "up to 1"),
            ["kind of a record"] = (folder => ChangeRecord(folder, 4, record => record[40] = 6),
                "segment-", "kind 6", "up to 5"),
            ["kind of the last record"] = (folder => ChangeRecord(folder, FormatsWriter.History.Count,
                record => record[40] = 6), "segment-", "kind 6", "up to 5"),
            ["flags of a record"] = (folder => ChangeRecord(folder, 20, record => record[41] = 1),
                "segment-", "flags", "knows none"),
            ["configuration"] = (AppendConfiguration, "segment-", "version 4", "up to 3"),
            ["snapshot"] = (folder => ChangeSnapshot(folder, header => header[8] = 2, null),
                "snapshot-", "format 2", "up to 1"),
            ["configuration in a snapshot"] = (folder => ChangeSnapshot(folder, header => header[88] = 4, null),
                "snapshot-", "configuration of format 4", "up to 3"),
            ["section of a snapshot"] = (folder => ChangeSnapshot(folder, null, (_, _) => (SnapshotSection)3),
                "snapshot-", "section of format 3", "up to 2"),
            ["sessions in a snapshot"] = (folder => ChangeSnapshot(folder, null, RaiseSessions),
                "snapshot-", "sessions of format 2", "up to 1"),
        };

    /// <summary>Changes bytes of a file.</summary>
    public static void Change(string path, Action<byte[]> change)
    {
        byte[] bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes);
    }

    private static string[] Segments(string folder) =>
        [.. Directory.GetFiles(folder, "segment-*.log").Order(StringComparer.Ordinal)];

    private static void RaiseIdentity(string folder)
    {
        string path = Path.Combine(folder, NodeDirectory.IdentityName);
        File.WriteAllText(path, File.ReadAllText(path).Replace("format 1", "format 2"));
    }

    private static void RaiseHardState(string folder, params int[] slots) =>
        Change(Path.Combine(folder, HardStateFile.Name), bytes =>
        {
            foreach (int slot in slots)
            {
                Span<byte> at = bytes.AsSpan(slot * HardStateSlotBytes, HardStateSlotBytes);
                at[8] = 3;
                BinaryPrimitives.WriteUInt32LittleEndian(at[4..], Crc32C.Compute(at[8..104]));
            }
        });

    private static void RaiseSegment(string path) => Change(path, bytes => bytes[8] = 2);

    private static void ChangeRecord(string folder, int index, Action<byte[]> change)
    {
        foreach (string path in Segments(folder))
        {
            Change(path, bytes =>
            {
                byte[] sound = FormatsWriter.Records(index, index + 1);
                int at = bytes.AsSpan().IndexOf(sound);
                if (at < 0)
                    return;
                change(sound);
                BinaryPrimitives.WriteUInt32LittleEndian(sound.AsSpan(4), Crc32C.Compute(sound.AsSpan(8)));
                sound.CopyTo(bytes, at);
            });
        }
    }

    private static void AppendConfiguration(string folder)
    {
        using var driver = new LogDriver(new PosixStorage(folder));
        driver.Log.Append(new Term(2), RecordKind.Configuration, driver.Log.LastTimeMicros, [4, 0]);
        Assert.True(driver.Settle());
    }

    private static SnapshotSection RaiseSessions(SnapshotSection section, byte[] piece)
    {
        if (section == SnapshotSection.Sessions)
            piece[0] = 2;
        return section;
    }

    private static void ChangeSnapshot(
        string folder, Action<byte[]>? changeHeader, Func<SnapshotSection, byte[], SnapshotSection>? changePiece)
    {
        string path = Path.Combine(folder, SnapshotNames.Of(new LogIndex(FormatsWriter.SnapshotIndex)));
        Change(path, bytes =>
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(12));
            byte[] header = bytes[..length];
            changeHeader?.Invoke(header);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), Crc32C.Compute(header.AsSpan(8)));
            header.CopyTo(bytes, 0);
            for (int at = length; at < bytes.Length;)
            {
                SnapshotFrame frame = SnapshotFrame.Decode(bytes.AsSpan(at));
                int start = at + SnapshotFrame.SizeBytes;
                byte[] piece = bytes[start..(start + frame.Length)];
                bool isEnd = frame.Section == SnapshotSection.End;
                SnapshotSection section = isEnd ? frame.Section : changePiece?.Invoke(frame.Section, piece)
                    ?? frame.Section;
                SnapshotFrame.Encode(bytes.AsSpan(at), piece, frame.Number, section, Crc32C.Compute(header));
                piece.CopyTo(bytes, start);
                at = start + frame.Length;
            }
        });
    }
}
