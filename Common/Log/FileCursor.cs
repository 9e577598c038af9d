namespace Chorus.Common.Log;

/// <summary>Reads a file forward in large blocks and shows the bytes at its position without copying them.</summary>
internal sealed class FileCursor(int blockBytes)
{
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(blockBytes);
    private IStorageFile? _file;
    private long _end;
    private int _start;
    private int _filled;

    /// <summary>Position in the file.</summary>
    public long Position { get; private set; }

    /// <summary>Begins anew.</summary>
    /// <param name="file">File to read.</param>
    /// <param name="position">Where to begin.</param>
    /// <param name="end">Nothing from here on is shown.</param>
    public void Begin(IStorageFile file, long position, long end)
    {
        _file = file;
        Position = position;
        _end = end;
        _start = _filled = 0;
    }

    /// <summary>Shows the bytes at the position: as many as asked for or more, fewer only at the end.</summary>
    public ReadOnlySpan<byte> Peek(int bytes)
    {
        if (_filled - _start < bytes && Position + (_filled - _start) < _end)
            Fill(bytes);
        return _buffer.AsSpan(_start, _filled - _start);
    }

    /// <summary>Moves on within what was shown.</summary>
    public void Advance(int bytes)
    {
        _start += bytes;
        Position += bytes;
    }

    private void Fill(int bytes)
    {
        int kept = _filled - _start;
        byte[] target = _buffer.Length >= bytes ? _buffer : GC.AllocateUninitializedArray<byte>(bytes);
        _buffer.AsSpan(_start, kept).CopyTo(target);
        _buffer = target;
        _start = 0;
        _filled = kept;
        while (_filled < bytes)
        {
            int wanted = (int)Math.Min(_buffer.Length - _filled, _end - Position - _filled);
            int read = wanted > 0 ? _file!.Read(Position + _filled, _buffer.AsSpan(_filled, wanted)) : 0;
            if (read == 0)
                break;
            _filled += read;
        }
    }
}
