namespace Chorus.Common.Log;

/// <summary>
/// Writes a long file from its beginning to its end, in whole blocks and past the system's cache where that can be had:
/// what is read once, or by others, would push out what is needed, and be copied into memory that is new. Blocks.
/// </summary>
internal sealed class SequentialFile : IDisposable
{
    private readonly IStorageFile _file;
    private readonly byte[] _staging;
    private readonly int _start;
    private readonly int _stagingBytes;
    private readonly int _block;
    private int _staged;

    /// <summary>Makes an empty file.</summary>
    /// <param name="storage">The directory.</param>
    /// <param name="name">File name; an existing one is an error.</param>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public SequentialFile(IStorage storage, string name)
    {
        _file = storage.CreateUncached(name);
        _stagingBytes = storage.SequentialBytes;
        _block = Math.Min(_stagingBytes, IStorage.UncachedBlockBytes);
        _staging = UncachedFile.Allocate(_stagingBytes, out _start);
    }

    /// <summary>Bytes added so far.</summary>
    public long Length => WrittenBytes + _staged;

    /// <summary>How many of them are in the file: whole blocks, all of them once it is finished.</summary>
    public long WrittenBytes { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    /// <param name="bytes">Any number.</param>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, _stagingBytes - _staged);
            bytes[..part].CopyTo(_staging.AsSpan(_start + _staged));
            _staged += part;
            bytes = bytes[part..];
            if (_staged == _stagingBytes)
                WriteStaged(_stagingBytes);
        }
    }

    /// <summary>Writes what is left, and makes all of it durable. Nothing may be added any more.</summary>
    /// <exception cref="IOException">The disk failed, or is full.</exception>
    public void Finish()
    {
        long length = Length;
        if (_staged > 0)
        {
            int whole = (_staged + _block - 1) & -_block;
            _staging.AsSpan(_start + _staged, whole - _staged).Clear();
            WriteStaged(whole);
            _file.SetLength(length);
            WrittenBytes = length;
        }
        _file.Sync();
    }

    /// <summary>Closes the file. What was not finished is of no use.</summary>
    public void Dispose() => _file.Dispose();

    private void WriteStaged(int bytes)
    {
        _file.Write(WrittenBytes, _staging.AsSpan(_start, bytes));
        WrittenBytes += bytes;
        _staged = 0;
    }
}
