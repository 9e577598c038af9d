using Chorus.Simulation.World;

namespace Chorus.Simulation.Disk;

/// <summary>
/// Contents of one file, twice: as the page cache shows them and as they would be found after a loss of power.
/// </summary>
internal sealed class FileImage
{
    /// <summary>What a disk writes whole or not at all.</summary>
    public const int SectorBytes = 512;

    private const int FlipBytesMin = 4_096;

    private readonly SortedSet<int> _dirtySectors = [];
    private byte[] _cached = [];
    private byte[] _durable = [];
    private long _durableLength;

    /// <summary>Length as the page cache shows it.</summary>
    public long Length { get; private set; }

    /// <summary>Whether a loss of power could change the file.</summary>
    public bool IsDirty => _dirtySectors.Count > 0 || Length != _durableLength;

    public int Read(long offset, Span<byte> into)
    {
        int count = (int)Math.Clamp(Length - offset, 0, into.Length);
        if (count > 0)
            _cached.AsSpan((int)offset, count).CopyTo(into);
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        Reserve(offset + bytes.Length);
        bytes.CopyTo(_cached.AsSpan((int)offset));
        Length = Math.Max(Length, offset + bytes.Length);
        MarkDirty(offset, offset + bytes.Length);
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            Array.Clear(_cached, (int)length, (int)(Length - length));
            MarkDirty(length, Length);
        }
        Reserve(length);
        Length = length;
    }

    /// <summary>Everything cached becomes durable.</summary>
    public void Sync()
    {
        foreach (int sector in _dirtySectors)
            KeepSector(sector);
        _dirtySectors.Clear();
        _durableLength = Length;
    }

    /// <summary>
    /// Power fails: of what was not synced, each sector and the length survive or not, each by itself.
    /// </summary>
    public void LosePower(SeededRandom random, double keepChance)
    {
        foreach (int sector in _dirtySectors)
        {
            if (random.Chance(keepChance))
                KeepSector(sector);
        }
        _dirtySectors.Clear();
        if (Length != _durableLength && random.Chance(keepChance))
            _durableLength = Length;
        ShowDurable();
    }

    /// <summary>
    /// Flips one bit in the older half of what was written: a flip at the very end cannot be told from a torn write.
    /// </summary>
    /// <returns>False when too little has been written.</returns>
    public bool FlipBit(SeededRandom random)
    {
        int written = _durable.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        for (int attempt = 0; attempt < 64 && written > FlipBytesMin; attempt++)
        {
            int position = random.Next(written / 2);
            if (_durable[position] == 0)
                continue;
            _durable[position] ^= (byte)(1 << random.Next(8));
            ShowDurable();
            return true;
        }
        return false;
    }

    /// <summary>A copy on which a recovery can be tried.</summary>
    public FileImage Clone()
    {
        FileImage clone = new()
        {
            Length = Length,
            _cached = (byte[])_cached.Clone(),
            _durable = (byte[])_durable.Clone(),
            _durableLength = _durableLength,
        };
        clone._dirtySectors.UnionWith(_dirtySectors);
        return clone;
    }

    private void ShowDurable()
    {
        Length = _durableLength;
        if (_durable.Length < _durableLength)
            Array.Resize(ref _durable, (int)_durableLength);
        Array.Clear(_durable, (int)_durableLength, _durable.Length - (int)_durableLength);
        _cached = (byte[])_durable.Clone();
    }

    private void KeepSector(int sector)
    {
        int from = sector * SectorBytes;
        int until = Math.Min(from + SectorBytes, _cached.Length);
        if (_durable.Length < until)
            Array.Resize(ref _durable, Math.Max(until, _cached.Length));
        Array.Copy(_cached, from, _durable, from, until - from);
    }

    private void MarkDirty(long from, long until)
    {
        for (int sector = (int)(from / SectorBytes); sector <= (int)((until - 1) / SectorBytes); sector++)
            _dirtySectors.Add(sector);
    }

    private void Reserve(long length)
    {
        if (_cached.Length < length)
        {
            long whole = (Math.Max(length, 2L * _cached.Length) + SectorBytes - 1) / SectorBytes * SectorBytes;
            Array.Resize(ref _cached, (int)whole);
        }
    }
}
