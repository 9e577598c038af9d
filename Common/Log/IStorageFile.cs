namespace Chorus.Common.Log;

/// <summary>One open file. Calls from two threads at once are allowed when they touch different ranges.</summary>
public interface IStorageFile : IDisposable
{
    /// <summary>Name within its directory.</summary>
    string Name { get; }

    /// <summary>Current length in bytes.</summary>
    long Length { get; }

    /// <summary>Writes at a position, growing the file when needed. Not durable before <see cref="Sync"/>.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Reads at a position.</summary>
    /// <returns>Bytes read; fewer than asked for only at the end of the file.</returns>
    int Read(long offset, Span<byte> into);

    /// <summary>Cuts or grows (with zeros) the file.</summary>
    void SetLength(long length);

    /// <summary>Makes everything written so far durable (fdatasync, or fsync where the length changed).</summary>
    void Sync();
}
