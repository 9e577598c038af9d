using Chorus.Simulation.World;

namespace Chorus.Simulation.Disk;

/// <summary>
/// Contents of one file, twice: as the page cache shows them and as they would be found after a loss of power.
/// </summary>
internal sealed class FileImage
{
    /// <summary>What a disk writes whole or not at all.</summary>
    public const int SectorBytes = 512;

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

    /// <summary>Flips one bit where the file has been written; false when it holds nothing but zeros there.</summary>
    public bool FlipBit(SeededRandom random)
    {
        for (int attempt = 0; attempt < 64 && _durableLength > 0; attempt++)
        {
            int position = (int)random.Between(0, Math.Min(_durableLength, _durable.Length));
            if (_durable.Length == 0 || _durable[position] == 0)
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
