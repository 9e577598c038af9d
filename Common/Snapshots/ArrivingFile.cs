using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>
/// A file that comes from elsewhere, from its beginning to its end: written as it comes, and read closely behind that,
/// from memory. What has been read is let go of.
/// </summary>
/// <param name="storage">The directory.</param>
/// <param name="name">File name; an existing one is an error.</param>
internal sealed class ArrivingFile(IStorage storage, string name) : IStorageFile
{
    private readonly SequentialFile _file = new(storage, name);
    private byte[] _window = new byte[64 << 10];
    private long _windowAt;
    private int _held;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public long Length => _file.Length;

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        Check.That(offset == Length, "what arrives follows what is there");
        if (_window.Length - _held < bytes.Length)
            Array.Resize(ref _window, Math.Max(2 * _window.Length, _held + bytes.Length));
        bytes.CopyTo(_window.AsSpan(_held));
        _held += bytes.Length;
        _file.Add(bytes);
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        Check.That(offset >= _windowAt, "what was let go of is not read again");
        int at = (int)Math.Min(offset - _windowAt, _held);
        int read = Math.Min(into.Length, _held - at);
        _window.AsSpan(at, read).CopyTo(into);
        return read;
    }

    /// <summary>Lets go of what stands before an offset.</summary>
    public void Forget(long before)
    {
        int gone = (int)(before - _windowAt);
        _window.AsSpan(gone, _held - gone).CopyTo(_window);
        _held -= gone;
        _windowAt = before;
    }

    /// <inheritdoc/>
    public void SetLength(long length) => throw new InvariantViolationException("a file that arrives is not cut");

    /// <inheritdoc/>
    public void Sync() => _file.Finish();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
