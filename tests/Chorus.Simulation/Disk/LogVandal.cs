using Chorus.Common.Log;
using Chorus.Common.Snapshots;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Disk;

/// <summary>Damages the log of a node that is down, where the damage can be told from a torn write.</summary>
internal static class LogVandal
{
    private const int SectorsMax = 4;
    private const int AttemptsMax = 16;

    /// <summary>Does it, durably.</summary>
    /// <returns>What was done; null when the log is too small for it.</returns>
    public static string? Damage(SimulatedStorage storage, LogDamageKind kind, SeededRandom random)
    {
        if (kind is LogDamageKind.SpoiltSnapshot or LogDamageKind.SpoiltSnapshots)
            return SpoilSnapshots(storage, kind == LogDamageKind.SpoiltSnapshots ? int.MaxValue : 1, random);
        string[] segments = [.. storage.List().Where(name => SegmentHeader.TryParseName(name, out _))];
        if (segments.Length == 0)
            return null;
        switch (kind)
        {
            case LogDamageKind.FlippedBit or LogDamageKind.LostSectors:
                return Spoil(storage, random.Pick(segments), kind, random);
            case LogDamageKind.LostSegment when segments.Length > 1:
                string lost = segments[random.Next(segments.Length - 1)];
                Lose(storage, lost);
                return $"{lost} is gone";
            case LogDamageKind.LostSuffix:
                int kept = Math.Max(0, segments.Length - 1 - random.Next(2));
                foreach (string name in segments[kept..])
                    Lose(storage, name);
                return $"{segments.Length - kept} newest segments are gone";
            case LogDamageKind.SwappedSegments when segments.Length > 1:
                int first = random.Next(segments.Length - 1);
                Swap(storage, segments[first], segments[first + 1]);
                return $"{segments[first]} and the next are swapped";
            default:
                return null;
        }
    }

    private static string? SpoilSnapshots(SimulatedStorage storage, int count, SeededRandom random)
    {
        string[] names =
        [
            .. storage.List().Where(name => SnapshotNames.TryParse(name, out _)).Order(StringComparer.Ordinal).Reverse()
                .Take(count),
        ];
        foreach (string name in names)
        {
            using IStorageFile file = storage.Open(name, writable: true);
            byte[] one = new byte[1];
            int at = random.Next((int)file.Length);
            file.Read(at, one);
            one[0] ^= (byte)(1 << random.Next(8));
            file.Write(at, one);
            file.Sync();
        }
        return names.Length > 0 ? $"{names.Length} newest snapshots are spoilt" : null;
    }

    // Only where a later batch of the same file, or a later file, proves that it was durable.
    private static string? Spoil(SimulatedStorage storage, string name, LogDamageKind kind, SeededRandom random)
    {
        using IStorageFile file = storage.Open(name, writable: true);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        if (SegmentHeader.Decode(bytes, out SegmentHeader header, out uint salt) is not null)
            return null;
        bool isNewest = storage.List().Last(other => SegmentHeader.TryParseName(other, out _)) == name;
        int end = isNewest ? LastMark(file, salt, header.Sequence) : bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        if (end <= SegmentHeader.BlockBytes + BatchMark.SizeBytes)
            return null;
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int at = SegmentHeader.BlockBytes + random.Next(end - SegmentHeader.BlockBytes);
            int length = kind == LogDamageKind.FlippedBit
                ? 1
                : Math.Min(end - at, FileImage.SectorBytes * (1 + random.Next(SectorsMax)));
            Span<byte> spoilt = bytes.AsSpan(at, length);
            if (!spoilt.ContainsAnyExcept((byte)0))
                continue;
            if (kind == LogDamageKind.FlippedBit)
                spoilt[0] ^= (byte)(1 << random.Next(8));
            else
                spoilt.Clear();
            file.Write(at, spoilt);
            file.Sync();
            return $"{length} bytes of {name} at {at}";
        }
        return null;
    }

    /// <summary>Where the last batch begins: what stands before it was acknowledged.</summary>
    private static int LastMark(IStorageFile file, uint salt, ulong sequence)
    {
        var cursor = new FileCursor(1 << 16);
        cursor.Begin(file, SegmentHeader.BlockBytes, file.Length);
        long last = 0;
        ulong behind = 0;
        while (BatchMark.Find(cursor, salt, sequence, behind, out ulong first))
            (last, behind) = (cursor.Position, first);
        return (int)last;
    }

    private static void Lose(SimulatedStorage storage, string name)
    {
        storage.Delete(name);
        storage.SyncDirectory();
    }

    private static void Swap(SimulatedStorage storage, string one, string other)
    {
        storage.Rename(one, "swapped");
        storage.Rename(other, one);
        storage.Rename("swapped", other);
        storage.SyncDirectory();
    }
}
