using Chorus.Common.Log;

namespace Chorus.Tests.Log;

/// <summary>The machine dies here.</summary>
internal sealed class PowerLossException() : Exception("power is lost");

/// <summary>
/// A directory that keeps what was synced apart from what was not, and can lose power at any operation. What
/// survives is chosen sector by sector, and for names as a prefix of what was not synced.
/// </summary>
internal sealed class FragileStorage : IStorage
{
    private readonly Dictionary<string, FragileContents> _durable;
    private readonly List<Action<Dictionary<string, FragileContents>>> _pending = [];
    private readonly Dictionary<string, FragileContents> _visible;

    public FragileStorage()
        : this([])
    {
    }

    private FragileStorage(Dictionary<string, FragileContents> files)
    {
        _durable = files;
        _visible = new(files);
    }

    /// <summary>Operations so far.</summary>
    public int Operations { get; private set; }

    /// <summary>Bytes written so far into files that are made ready to be segments.</summary>
    public long FillBytes { get; private set; }

    /// <summary>Power is lost at this operation; it still may have an effect.</summary>
    public int DiesAt { get; set; } = int.MaxValue;

    /// <summary>Every sync fails from now on.</summary>
    public bool SyncFails { get; set; }

    public long FreeBytes => long.MaxValue;

    public string Location => "fragile";

    public IReadOnlyList<string> List() => [.. _visible.Keys.Order(StringComparer.Ordinal)];

    public IStorageFile Create(string name)
    {
        var contents = new FragileContents();
        Change(files => files.Add(name, contents));
        return new FragileFile(this, name, contents);
    }

    public IStorageFile Open(string name, bool writable) => _visible.TryGetValue(name, out FragileContents? contents)
        ? new FragileFile(this, name, contents)
        : throw new FileNotFoundException(name);

    public bool Exists(string name) => _visible.ContainsKey(name);

    public void Rename(string from, string to) => Change(files =>
    {
        files[to] = files[from];
        files.Remove(from);
    });

    public void Delete(string name) => Change(files => files.Remove(name));

    public void SyncDirectory()
    {
        Count();
        if (SyncFails)
            throw new IOException("the device does not answer");
        foreach (Action<Dictionary<string, FragileContents>> change in _pending)
            change(_durable);
        _pending.Clear();
    }

    /// <summary>What is found after a loss of power.</summary>
    /// <param name="random">Null keeps everything that was written: the process died, the machine lives.</param>
    /// <param name="keepChance">Chance of each unsynced sector to survive.</param>
    public FragileStorage AfterLoss(Random? random, double keepChance = 0.5)
    {
        if (random is null)
            return new FragileStorage(_visible.ToDictionary(file => file.Key, file => file.Value.Clone()));
        int kept = keepChance == 0 ? 0 : random.Next(_pending.Count + 1);
        Dictionary<string, FragileContents> names = new(_durable);
        foreach (Action<Dictionary<string, FragileContents>> change in _pending.Take(kept))
            change(names);
        return new FragileStorage(
            names.ToDictionary(file => file.Key, file => file.Value.AfterLoss(random, keepChance)));
    }

    /// <summary>The process died, the machine lives: nothing is lost, and nothing more has become durable.</summary>
    public FragileStorage AfterKill()
    {
        DiesAt = int.MaxValue;
        return this;
    }

    private void Count()
    {
        if (++Operations >= DiesAt)
            throw new PowerLossException();
    }

    private void Change(Action<Dictionary<string, FragileContents>> change)
    {
        _pending.Add(change);
        try
        {
            change(_visible);
        }
        finally
        {
            Count();
        }
    }

    private sealed class FragileFile(FragileStorage storage, string name, FragileContents contents) : IStorageFile
    {
        public string Name => name;

        public long Length => contents.Visible.Length;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            contents.Write((int)offset, bytes);
            if (name == SegmentHeader.SpareTempName)
                storage.FillBytes += bytes.Length;
            storage.Count();
        }

        public int Read(long offset, Span<byte> into)
        {
            int count = Math.Clamp(contents.Visible.Length - (int)offset, 0, into.Length);
            contents.Visible.AsSpan((int)Math.Min(offset, contents.Visible.Length), count).CopyTo(into);
            return count;
        }

        public void SetLength(long length)
        {
            contents.SetLength((int)length);
            storage.Count();
        }

        public void Sync()
        {
            storage.Count();
            if (storage.SyncFails)
                throw new IOException("the device does not answer");
            contents.Sync();
        }

        public void Dispose()
        {
        }
    }
}
