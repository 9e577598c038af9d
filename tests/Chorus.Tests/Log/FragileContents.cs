namespace Chorus.Tests.Log;

/// <summary>A file as it is seen, and as it stands on the device.</summary>
internal sealed class FragileContents
{
    public const int SectorBytes = 512;

    private readonly SortedSet<int> _dirty = [];
    private byte[] _durable = [];

    public byte[] Visible { get; private set; } = [];

    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        if (offset + bytes.Length > Visible.Length)
            SetLength(offset + bytes.Length);
        bytes.CopyTo(Visible.AsSpan(offset));
        for (int sector = offset / SectorBytes; sector * SectorBytes < offset + bytes.Length; sector++)
            _dirty.Add(sector);
    }

    public void SetLength(int length)
    {
        byte[] bytes = Visible;
        Array.Resize(ref bytes, length);
        Visible = bytes;
    }

    public void Sync()
    {
        _durable = (byte[])Visible.Clone();
        _dirty.Clear();
    }

    public FragileContents Clone() => new() { Visible = (byte[])Visible.Clone(), _durable = (byte[])_durable.Clone() };

    public FragileContents AfterLoss(Random random, double keepChance)
    {
        bool lengthKept = random.NextDouble() < keepChance;
        byte[] bytes = new byte[lengthKept ? Visible.Length : _durable.Length];
        _durable.AsSpan(0, Math.Min(bytes.Length, _durable.Length)).CopyTo(bytes);
        foreach (int sector in _dirty.Where(_ => random.NextDouble() < keepChance))
        {
            int from = sector * SectorBytes;
            int until = Math.Min(from + SectorBytes, Math.Min(bytes.Length, Visible.Length));
            if (from < until)
                Visible.AsSpan(from..until).CopyTo(bytes.AsSpan(from));
        }
        return new FragileContents { Visible = bytes, _durable = (byte[])bytes.Clone() };
    }
}
