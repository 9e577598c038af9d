using Chorus.Common.Log;

namespace Chorus.Simulation.Disk;

/// <summary>
/// An open file of a <see cref="SimulatedStorage"/>. A descriptor outlives the name, as everywhere on Unix.
/// </summary>
internal sealed class SimulatedFile(SimulatedStorage storage, FileImage image, string name, bool writable)
    : IStorageFile
{
    private bool _disposed;

    public string Name => name;

    public long Length
    {
        get
        {
            storage.BeforeRead();
            return image.Length;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        RequireWritable();
        storage.BeforeGrowth(image, offset + bytes.Length);
        bool dies = storage.CountOperation();
        image.Write(offset, bytes);
        storage.DieIf(dies);
    }

    public int Read(long offset, Span<byte> into)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        storage.BeforeRead();
        return image.Read(offset, into);
    }

    public void SetLength(long length)
    {
        RequireWritable();
        storage.BeforeGrowth(image, length);
        bool dies = storage.CountOperation();
        image.SetLength(length);
        storage.DieIf(dies);
    }

    public void Sync()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        storage.DieIf(storage.CountOperation());
        storage.BeforeSync();
        image.Sync();
    }

    public void Dispose() => _disposed = true;

    private void RequireWritable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!writable)
            throw new IOException($"{name} was opened for reading only");
    }
}
