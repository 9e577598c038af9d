namespace Chorus.Common.Log;

/// <summary>
/// Finds the segments of a directory by their headers, and brings the files in order: those under another one's name
/// get their own, those that newer ones supersede go.
/// </summary>
internal sealed class SegmentInventory(SegmentCatalog catalog)
{
    /// <summary>Behind the name of a file that is to have the name before it; it gets it at the next start.</summary>
    public const string MovedSuffix = ".moved";

    private readonly IStorage _storage = catalog.Storage;
    private readonly List<(string Name, string Error)> _unreadable = [];

    /// <summary>Segments by rising number and first index.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>Highest number of a file whose header cannot be read; 0 when there is none.</summary>
    public ulong NewestUnreadable { get; private set; }

    /// <summary>Sentences for the node's log.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Reads all headers.</summary>
    public void Read()
    {
        Rename();
        foreach (string name in _storage.List())
        {
            if (!SegmentHeader.TryParseName(name, out ulong sequence))
                continue;
            if (TryOpen(name, out Segment? segment))
                Segments.Add(segment!);
            else
                NewestUnreadable = Math.Max(NewestUnreadable, sequence);
            catalog.NextSequence = Math.Max(catalog.NextSequence, sequence + 1);
        }
        Segments.Sort((a, b) => a.Header.Sequence.CompareTo(b.Header.Sequence));
        // A killed process may have renamed files without making that durable: before anything is removed or read.
        _storage.SyncDirectory();
        foreach (Segment superseded in SegmentHeader.TakeSuperseded(Segments, segment => segment.Header))
            _storage.Delete(superseded.Header.Name);
    }

    /// <summary>Puts files out of the way of which nothing is missing any more.</summary>
    public void SetUnreadableAside(List<string> notes)
    {
        foreach ((string name, string error) in _unreadable)
        {
            string aside = SegmentSalvage.SetAside(_storage, name);
            notes.Add($"{Path.Combine(_storage.Location, name)}: {error}; set aside as {aside}.");
        }
    }

    private bool TryOpen(string name, out Segment? segment)
    {
        segment = null;
        string? error = ReadHeader(name, out SegmentHeader header, out uint crc, out long length);
        if (error is null && header.ClusterId != catalog.ClusterId)
            throw LogDamage.File(
                _storage, name, $"it belongs to cluster {header.ClusterId}, this node to {catalog.ClusterId}");
        if (error is null)
            segment = new Segment(header, crc, length);
        else
            _unreadable.Add((name, error));
        return error is null;
    }

    private string? ReadHeader(string name, out SegmentHeader header, out uint crc, out long length)
    {
        using IStorageFile file = _storage.Open(name, writable: false);
        length = file.Length;
        string? error = SegmentHeader.Read(file, out header, out crc, out uint newer);
        return newer > 0 ? throw NewerVersion.File(_storage, name, newer, SegmentHeader.Format) : error;
    }

    // In two steps, so that files that stand for each other can change places, whenever power fails.
    private void Rename()
    {
        List<(string Name, SegmentHeader Header)> misnamed = [];
        foreach (string name in _storage.List())
        {
            if (SegmentHeader.TryParseName(name, out ulong sequence)
                && ReadHeader(name, out SegmentHeader header, out _, out _) is null && header.Sequence != sequence)
                misnamed.Add((name, header));
        }
        // None is of a newer version, so they may be touched.
        foreach ((string name, SegmentHeader header) in misnamed)
        {
            Notes.Add(
                $"{Path.Combine(_storage.Location, name)}: it is segment {header.Sequence} under another one's name; "
                + "renamed.");
            _storage.Rename(name, header.Name + MovedSuffix);
        }
        List<string> moved =
        [
            .. _storage.List().Where(name => name.EndsWith(MovedSuffix, StringComparison.Ordinal)
                && SegmentHeader.TryParseName(name[..^MovedSuffix.Length], out _)),
        ];
        if (moved.Count == 0)
            return;
        _storage.SyncDirectory();
        foreach (string name in moved)
        {
            string own = name[..^MovedSuffix.Length];
            if (_storage.Exists(own))
                SegmentSalvage.SetAside(_storage, name);
            else
                _storage.Rename(name, own);
        }
        _storage.SyncDirectory();
    }
}
