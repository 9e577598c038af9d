using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// A log folder, or the data directory of a replica, as it stands on disk: for tools that only look. Nothing is locked,
/// written or repaired, and a process may go on writing there.
/// </summary>
/// <remarks>
/// Of a sound log that counts which a restart would find: a segment supersedes older ones from its first index on, and
/// the log ends before the first invalid record of the last segment. Where a restart would repair, only the damage is
/// named: a file that is no segment is an error, a hole is met by whoever reads, and a snapshot beside the log is not
/// asked what it stands for. Entries of a replica are among it that no leader has committed; <see cref="Commit"/> says
/// up to where they are known to be.
/// </remarks>
public sealed class LogFolder
{
    private const int AttemptsMax = 5;
    private const int FoldersNamedMax = 5;
    private const string Cure =
        "Name the folder that a logger writes, BASE/ID of its -logfolder, or the data directory of a replica";

    private readonly List<LogCorruptionException> _damages = [];

    private LogFolder(PosixStorage storage)
    {
        Storage = storage;
        Extent = null!;
    }

    /// <summary>Where it is.</summary>
    public string Location => Storage.Location;

    /// <summary>The files; only to be read.</summary>
    public IStorage Storage { get; }

    /// <summary>Whose folder it is; null where no file says it.</summary>
    public NodeIdentity? Identity { get; private set; }

    /// <summary>Everything up to the last valid record.</summary>
    public LogExtent Extent { get; private set; }

    /// <summary>
    /// Last record that the folder itself knows to be committed: a lower bound, and of an observer all there is. Null
    /// where no file says it.
    /// </summary>
    public LogIndex? Commit { get; private set; }

    /// <summary>Length of the segments of <see cref="Extent"/> on disk, with what is allocated ahead.</summary>
    public long FileBytes { get; private set; }

    /// <summary>Null, or a sentence on an incomplete write at the end, which was never acknowledged.</summary>
    public string? TailNote { get; private set; }

    /// <summary>Damages met while looking; what the segments hold is only seen by reading them.</summary>
    public IReadOnlyList<LogCorruptionException> Damages => _damages;

    /// <summary>Looks at a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="NodeDirectoryException">There is no log, or a newer version's; says what to do.</exception>
    /// <exception cref="LogCorruptionException">A segment is not what its name says.</exception>
    public static LogFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new NodeDirectoryException($"There is no folder {Path.GetFullPath(path)}", Cure);
        var folder = new LogFolder(new PosixStorage(path));
        folder.ReadIdentity();
        folder.ReadHardState();
        for (int attempt = 1; !folder.TryReadSegments(); attempt++)
        {
            if (attempt == AttemptsMax)
                throw new NodeDirectoryException(
                    $"Files of {folder.Location} went away while they were read, {AttemptsMax} times",
                    "Try again when its process writes less");
        }
        if (folder.Identity is { IsObserver: true })
            folder.Commit = folder.Extent.Limit.Index;
        else if (folder.Commit is { } commit)
            folder.Commit = LogIndex.Min(commit, folder.Extent.Limit.Index);
        return folder;
    }

    private void ReadIdentity()
    {
        if (!Storage.Exists(NodeDirectory.IdentityName))
            return;
        using IStorageFile file = Storage.Open(NodeDirectory.IdentityName, writable: false);
        byte[] bytes = new byte[Math.Min(file.Length, NodeDirectory.IdentityBytesMax)];
        string text = Encoding.UTF8.GetString(bytes.AsSpan(0, file.Read(0, bytes)));
        if (NodeIdentity.TryDecode(text, out NodeIdentity? identity, out int newer))
            Identity = identity;
        else if (newer > 0)
            throw NewerVersion.File(Storage, NodeDirectory.IdentityName, (ulong)newer, NodeIdentity.Format);
        else
            _damages.Add(LogDamage.ReadFile(
                Storage, NodeDirectory.IdentityName, "it does not hold an identity any more"));
    }

    private void ReadHardState()
    {
        if (!Storage.Exists(HardStateFile.Name))
            return;
        if (HardStateFile.TryRead(Storage, out HardState state))
            Commit = state.Commit;
        else
            _damages.Add(LogDamage.ReadFile(
                Storage, HardStateFile.Name, "both copies of term and vote are damaged"));
    }

    /// <summary>False when a file went away meanwhile: then look again.</summary>
    private bool TryReadSegments()
    {
        var headers = new List<SegmentHeader>();
        foreach (string name in Storage.List())
        {
            if (!SegmentHeader.TryParseName(name, out ulong sequence))
                continue;
            if (ReadHeader(name, sequence) is not { } header)
                return false;
            headers.Add(header);
        }
        if (headers.Count == 0 && Identity is null && _damages.Count == 0)
            throw new NodeDirectoryException($"{Location} holds no log", NearbyCure());
        headers.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        SegmentHeader.TakeSuperseded(headers, header => header);
        FileBytes = headers.Sum(header => new FileInfo(Path.Combine(Location, header.Name)) is { Exists: true } file
            ? file.Length
            : 0);
        Guid cluster = Identity?.ClusterId ?? (headers.Count > 0 ? headers[0].ClusterId : Guid.Empty);
        var first = new LogIndex(headers.Count > 0 ? headers[0].First : 1);
        RecordHeader limit = headers.Count > 0
            ? headers[^1].Previous
            : new RecordHeader(0, LogIndex.Zero, Term.Zero, 0, 0, RecordKind.NoOp);
        if (headers.Count > 0 && !TryScan(headers[^1], cluster, out limit))
            return false;
        Extent = new LogExtent(
            cluster, first, limit,
            [
                .. headers.Where(header => header.First <= limit.Index.Value)
                    .Select(header => new SegmentPlace(header.Sequence, header.First)),
            ]);
        return true;
    }

    private SegmentHeader? ReadHeader(string name, ulong sequence)
    {
        string? error;
        SegmentHeader header;
        try
        {
            using IStorageFile file = Storage.Open(name, writable: false);
            error = SegmentHeader.Read(file, out header, out _, out uint newer);
            if (newer > 0)
                throw NewerVersion.File(Storage, name, newer, SegmentHeader.Format);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        if (error is null && header.Sequence != sequence)
            error = $"it is segment {header.Sequence} under another one's name";
        if (error is null && Identity is { } identity && header.ClusterId != identity.ClusterId)
            error = $"it belongs to cluster {header.ClusterId}, the folder to {identity.ClusterId}";
        return error is null ? header : throw LogDamage.ReadFile(Storage, name, error);
    }

    /// <summary>Finds the last valid record. False when the file went away.</summary>
    private bool TryScan(SegmentHeader header, Guid cluster, out RecordHeader limit)
    {
        limit = header.Previous;
        using SegmentFile? file = SegmentFile.TryOpen(
            Storage, new SegmentPlace(header.Sequence, header.First), cluster);
        if (file is null)
            return false;
        var cursor = new RecordCursor();
        cursor.Begin(file, header.First);
        string error = ScanToEnd(cursor);
        if (cursor.IsAtNewer)
            throw file.Newer(cursor.Position, cursor.Next, error);
        if (file.HasMarkBehind(cursor.Position, cursor.Next, out ulong behind))
        {
            // Either the process has gone on writing since, or an acknowledged record is damaged.
            long position = cursor.Position;
            cursor.DropUnread();
            error = ScanToEnd(cursor);
            if (cursor.Position == position)
                _damages.Add(file.Damage(
                    position, cursor.Next, $"{error}, but records from {behind} on stand behind it"));
        }
        else if (error is not (RecordCursor.FileEnds or RecordCursor.NothingThere))
        {
            TailNote = $"{Path.Combine(Location, header.Name)}, offset {cursor.Position}: behind record "
                + $"{cursor.Previous!.Value.Index} stands an incomplete write ({error}); it was never acknowledged, or "
                + "its process is still writing it.";
        }
        limit = cursor.Previous!.Value;
        return true;
    }

    private static string ScanToEnd(RecordCursor cursor)
    {
        string? error;
        do
            error = cursor.Skip(ulong.MaxValue - 1);
        while (error is null);
        return error;
    }

    private string NearbyCure()
    {
        string[] below =
        [
            .. Directory.EnumerateDirectories(Location)
                .Where(folder => Directory.EnumerateFiles(folder, "segment-*.log").Any())
                .Order(StringComparer.Ordinal).Take(FoldersNamedMax),
        ];
        return below.Length > 0 ? $"There are logs below it: {string.Join(", ", below)}" : Cure;
    }
}
