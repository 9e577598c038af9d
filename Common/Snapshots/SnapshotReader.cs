using System.Buffers.Binary;
using Chorus.Common.Log;

namespace Chorus.Common.Snapshots;

/// <summary>
/// Reads a snapshot from its beginning to its end, piece by piece, and verifies each before it hands it out. Blocks.
/// </summary>
public sealed class SnapshotReader : ISnapshotPieces, IDisposable
{
    /// <summary>Format of the sessions that this version writes, and the newest that it reads.</summary>
    public const uint SessionsFormat = 1;

    private readonly IStorage _storage;
    private readonly string _name;
    private readonly IStorageFile _file;
    private readonly byte[] _frame = new byte[SnapshotFrame.SizeBytes];
    private readonly uint _headerCrc;
    private byte[] _piece = new byte[64 << 10];
    private long _position;
    private uint _pieces;
    private bool _hasSessions;
    private ulong _bytes;

    private SnapshotReader(IStorage storage, string name, IStorageFile file)
    {
        (_storage, _name, _file) = (storage, name, file);
        Span<byte> start = stackalloc byte[SnapshotHeader.FixedBytes];
        int read = file.Read(0, start);
        int length = SnapshotHeader.LengthOf(start[..read], out uint newer);
        byte[] bytes = new byte[length];
        bool isThere = length > 0 && file.Read(0, bytes) == length;
        // A format that rots is no newer one.
        if (newer > 0 && isThere && SnapshotHeader.CrcMatches(bytes))
            throw NewerVersion.File(storage, name, newer, SnapshotHeader.Format);
        if (isThere && SnapshotHeader.NewerConfiguration(bytes) is > 0 and var version)
            throw NewerVersion.Part(storage, name, "a configuration", version, ConfigurationCodec.Version);
        string error = length == 0 ? "it does not begin like a snapshot" : "it ends within its header";
        if (!isThere || !SnapshotHeader.TryDecode(bytes, out SnapshotHeader? header, out error))
            throw Damage(0, error);
        Header = header;
        _headerCrc = Crc32C.Compute(bytes);
        _position = length;
    }

    /// <summary>What the snapshot is of.</summary>
    public SnapshotHeader Header { get; }

    /// <summary>The footer; null before the end was read.</summary>
    public SnapshotFooter? Footer { get; private set; }

    /// <inheritdoc/>
    public ulong Digest => Footer?.Digest ?? 0;

    /// <summary>Offset in the file before which everything has been read.</summary>
    internal long Position => _position;

    /// <summary>The snapshot, as others are told of it.</summary>
    public SnapshotInfo Info => new(Header, _name, _file.Length, _headerCrc);

    /// <summary>Opens a snapshot and verifies its header.</summary>
    /// <param name="storage">The data directory; only read.</param>
    /// <param name="name">Name of the file.</param>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed, or there is no such file.</exception>
    public static SnapshotReader Open(IStorage storage, string name) =>
        Open(storage, storage.OpenSequential(name));

    /// <summary>Verifies the header of a file that is open; closes it in the end, and where it is none.</summary>
    internal static SnapshotReader Open(IStorage storage, IStorageFile file)
    {
        try
        {
            return new SnapshotReader(storage, file.Name, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole snapshot.</summary>
    /// <param name="storage">The data directory; only read.</param>
    /// <param name="name">Name of the file.</param>
    /// <returns>What it is of.</returns>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed, or there is no such file.</exception>
    public static SnapshotInfo Verify(IStorage storage, string name)
    {
        using SnapshotReader reader = Open(storage, name);
        return reader.VerifyRest();
    }

    /// <summary>Reads on to the end.</summary>
    /// <param name="installation">Gets the pieces; null: nobody.</param>
    /// <returns>What the snapshot is of.</returns>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SnapshotInfo VerifyRest(StateInstallation? installation = null)
    {
        while (TryRead(out SnapshotSection section, out ReadOnlySpan<byte> piece))
            installation?.Add(section, piece);
        installation?.Complete(Info, Digest);
        return Info;
    }

    /// <summary>Reads on in a file that still grows: the pieces that are there, not the end.</summary>
    /// <param name="offset">Offset in the file before which all of it is there.</param>
    /// <param name="installation">Gets the pieces; null: nobody.</param>
    /// <exception cref="LogCorruptionException">It is not what was written.</exception>
    /// <exception cref="NodeDirectoryException">It is of a newer format.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public void VerifyBefore(long offset, StateInstallation? installation = null)
    {
        while (IsPieceBefore(offset) && TryRead(out SnapshotSection section, out ReadOnlySpan<byte> piece))
            installation?.Add(section, piece);
    }

    /// <inheritdoc/>
    public bool TryRead(out SnapshotSection section, out ReadOnlySpan<byte> piece)
    {
        section = SnapshotSection.End;
        piece = default;
        if (Footer is not null)
            return false;
        if (_file.Read(_position, _frame) < _frame.Length)
            throw Damage(_position, "it ends without its footer");
        SnapshotFrame frame = SnapshotFrame.Decode(_frame);
        if (frame.Length is < 0 or > SnapshotFrame.PieceBytesMax
            || frame.Length > _file.Length - _position - _frame.Length)
            throw Damage(_position, $"a piece of {frame.Length} bytes does not fit");
        if (_piece.Length < frame.Length)
            _piece = new byte[frame.Length];
        Span<byte> bytes = _piece.AsSpan(0, frame.Length);
        _file.Read(_position + _frame.Length, bytes);
        if (frame.Number != _pieces || !SnapshotFrame.Matches(_frame, bytes, _headerCrc))
            throw Damage(_position, $"the checksum of piece {_pieces} does not match");
        long at = _position;
        _position += _frame.Length + frame.Length;
        if (frame.Section == SnapshotSection.End)
        {
            TakeFooter(bytes, at);
            return false;
        }
        RefuseNewer(frame.Section, bytes);
        _pieces++;
        _bytes += (ulong)frame.Length;
        section = frame.Section;
        piece = bytes;
        return true;
    }

    /// <inheritdoc/>
    public LogCorruptionException Damage(string what) => Damage(_position, what);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // What makes no sense, and what follows the end, is damage at once: otherwise it would be held in memory.
    private bool IsPieceBefore(long offset)
    {
        long room = offset - _position - _frame.Length;
        if (room < 0 || _file.Read(_position, _frame) < _frame.Length)
            return false;
        SnapshotFrame frame = SnapshotFrame.Decode(_frame);
        if (frame.Length is < 0 or > SnapshotFrame.PieceBytesMax)
            return true;
        return frame.Section == SnapshotSection.End
            ? frame.Length != SnapshotFooter.SizeBytes || room > frame.Length
            : frame.Length <= room;
    }

    // Here, so that nothing is done with a snapshot of which a part is not understood.
    private void RefuseNewer(SnapshotSection section, ReadOnlySpan<byte> piece)
    {
        if (section is not (SnapshotSection.State or SnapshotSection.Sessions))
            throw NewerVersion.Part(_storage, _name, "a section", (ulong)section, (ulong)SnapshotSection.Sessions);
        if (section != SnapshotSection.Sessions || _hasSessions || piece.Length < sizeof(uint))
            return;
        _hasSessions = true;
        uint format = BinaryPrimitives.ReadUInt32LittleEndian(piece);
        if (format > SessionsFormat)
            throw NewerVersion.Part(_storage, _name, "sessions", format, SessionsFormat);
    }

    private void TakeFooter(ReadOnlySpan<byte> bytes, long at)
    {
        if (bytes.Length != SnapshotFooter.SizeBytes || _position != _file.Length)
            throw Damage(at, "it does not end with its footer");
        SnapshotFooter footer = SnapshotFooter.Decode(bytes);
        if (footer.Pieces != _pieces || footer.Bytes != _bytes)
            throw Damage(at, $"it has {_pieces} of {footer.Pieces} pieces");
        Footer = footer;
    }

    private LogCorruptionException Damage(long offset, string what) =>
        SnapshotDamage.At(_storage, _name, offset, what);
}
