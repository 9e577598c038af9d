namespace Chorus.Common.Log;

/// <summary>Contents of a file in memory, in pages; a page of zeros is not kept. Safe for two threads.</summary>
internal sealed class MemoryContents
{
    private const int PageBytes = 64 << 10;

    private readonly Lock _gate = new();
    private byte[]?[] _pages = [];
    private long _length;

    public long Length
    {
        get
        {
            lock (_gate)
                return _length;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _length = Math.Max(_length, offset + bytes.Length);
            while (bytes.Length > 0)
            {
                int within = (int)(offset % PageBytes);
                ReadOnlySpan<byte> part = bytes[..Math.Min(bytes.Length, PageBytes - within)];
                WritePart((int)(offset / PageBytes), within, part);
                offset += part.Length;
                bytes = bytes[part.Length..];
            }
        }
    }

    public int Read(long offset, Span<byte> into)
    {
        lock (_gate)
        {
            int total = (int)Math.Clamp(_length - offset, 0, into.Length);
            into = into[..total];
            while (into.Length > 0)
            {
                int number = (int)(offset / PageBytes), within = (int)(offset % PageBytes);
                Span<byte> part = into[..Math.Min(into.Length, PageBytes - within)];
                if (number < _pages.Length && _pages[number] is byte[] page)
                    page.AsSpan(within, part.Length).CopyTo(part);
                else
                    part.Clear();
                offset += part.Length;
                into = into[part.Length..];
            }
            return total;
        }
    }

    public void SetLength(long length)
    {
        lock (_gate)
        {
            _length = length;
            int pages = (int)((length + PageBytes - 1) / PageBytes);
            if (pages < _pages.Length)
                Array.Resize(ref _pages, pages);
            if (pages > 0 && pages <= _pages.Length && _pages[pages - 1] is byte[] last)
                last.AsSpan((int)(length - (long)(pages - 1) * PageBytes)).Clear();
        }
    }

    private void WritePart(int number, int within, ReadOnlySpan<byte> part)
    {
        byte[]? page = number < _pages.Length ? _pages[number] : null;
        if (page is null)
        {
            if (!part.ContainsAnyExcept((byte)0))
                return;
            if (number >= _pages.Length)
                Array.Resize(ref _pages, Math.Max(number + 1, _pages.Length * 2));
            page = _pages[number] = new byte[PageBytes];
        }
        part.CopyTo(page.AsSpan(within));
    }
}
