using Microsoft.Win32.SafeHandles;

namespace Chorus.Common.Log;

/// <summary>
/// A file that is read from its beginning to its end, past the system's cache: while a block is used, another thread
/// reads the next one. It may still grow. Reads elsewhere are right, too, and slow. For one thread.
/// </summary>
internal sealed class PrefetchedFile(string path, SafeFileHandle handle) : IStorageFile
{
    private const int BlockBytes = 256 << 10;

    private Block _current = new();
    private Block _next = new();
    private Task? _reading;

    /// <inheritdoc/>
    public string Name { get; } = Path.GetFileName(path);

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        int total = 0;
        while (total < into.Length)
        {
            ReadOnlySpan<byte> there = At(offset + total);
            if (there.IsEmpty)
                break;
            int part = Math.Min(there.Length, into.Length - total);
            there[..part].CopyTo(into[total..]);
            total += part;
        }
        return total;
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes) => throw ReadOnly();

    /// <inheritdoc/>
    public void SetLength(long length) => throw ReadOnly();

    /// <inheritdoc/>
    public void Sync()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // No file is closed under a reader's hands.
        Settle();
        handle.Dispose();
    }

    private static InvalidOperationException ReadOnly() => new("a file that is read ahead is not written");

    private ReadOnlySpan<byte> At(long offset)
    {
        if (!_current.Holds(offset))
        {
            Settle();
            (_current, _next) = (_next, _current);
            if (!_current.Holds(offset))
                _current.Fill(handle, offset & -BlockBytes);
            if (_current.IsFull)
            {
                Block next = _next;
                long at = _current.End;
                _reading = Task.Run(() => next.Fill(handle, at));
            }
        }
        return _current.From(offset);
    }

    // What failed is read again by whoever needs it, and fails there.
    private void Settle()
    {
        if (_reading is null)
            return;
        Task.WaitAny(_reading);
        if (_reading.Exception is not null)
            _next.Clear();
        _reading = null;
    }

    private sealed class Block
    {
        private readonly byte[] _bytes;
        private readonly int _start;
        private long _at;
        private int _length;

        public Block() => _bytes = UncachedFile.Allocate(BlockBytes, out _start);

        public long End => _at + _length;

        public bool IsFull => _length == BlockBytes;

        public bool Holds(long offset) => offset >= _at && offset < End;

        public ReadOnlySpan<byte> From(long offset) =>
            Holds(offset) ? _bytes.AsSpan(_start + (int)(offset - _at), (int)(End - offset)) : default;

        public void Clear() => _length = 0;

        public void Fill(SafeFileHandle handle, long at)
        {
            (_at, _length) = (at, 0);
            while (_length < BlockBytes)
            {
                Span<byte> rest = _bytes.AsSpan(_start + _length, BlockBytes - _length);
                int read = RandomAccess.Read(handle, rest, at + _length);
                _length += read;
                // Shorter ones are the end: behind one that ends within a block nothing can be read past the cache.
                if (read == 0 || read % IStorage.UncachedBlockBytes != 0)
                    break;
            }
        }
    }
}
