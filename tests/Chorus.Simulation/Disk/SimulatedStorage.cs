using Chorus.Common.Log;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Disk;

/// <summary>
/// A directory on a disk that forgets, when power fails, whatever it was not told to keep: contents sector by sector,
/// names one by one. It can also be full, fail to sync, and die at its n-th operation.
/// </summary>
internal sealed class SimulatedStorage(string location, SeededRandom random) : IStorage
{
    /// <summary>Size of a device that is large enough.</summary>
    public const long UsualCapacityBytes = 1L << 30;

    private readonly List<Action<SortedDictionary<string, FileImage>>> _unsyncedNames = [];
    private SortedDictionary<string, FileImage> _names = new(StringComparer.Ordinal);
    private SortedDictionary<string, FileImage> _durableNames = new(StringComparer.Ordinal);
    private long _operationsLeft = long.MaxValue;

    /// <summary>Size of the device.</summary>
    public long CapacityBytes { get; set; } = UsualCapacityBytes;

    /// <summary>The next sync throws, as after a failed write of the device.</summary>
    public bool FailsNextSync { get; set; }

    /// <summary>Whether a sync has failed since the last start: what was not durable then is in doubt.</summary>
    public bool HasFailedSync { get; private set; }

    /// <summary>Whether room has been scarce since the last loss of power: a node may stop for want of it.</summary>
    public bool HasBeenFull { get; private set; }

    /// <summary>
    /// Syncs tried after one had failed: a retry would "succeed" on a real kernel and lose data (trap 5).
    /// </summary>
    public long SyncsAfterFailure { get; private set; }

    /// <summary>
    /// Whether the machine died inside an operation; every call throws until <see cref="LosePower"/>.
    /// </summary>
    public bool HasDied { get; private set; }

    /// <summary>Mutating operations so far.</summary>
    public long Operations { get; private set; }

    public string Location => location;

    // Of every other machine blocks are longer than a sector, so that one which is written again can be torn.
    public int SequentialBytes { get; } = location.Sum(character => character) % 2 == 0 ? 256 : 8_192;

    public long FreeBytes => CapacityBytes - _names.Values.Distinct().Sum(image => image.Length);

    public IReadOnlyList<string> List()
    {
        BeforeRead();
        return [.. _names.Keys];
    }

    public bool Exists(string name)
    {
        BeforeRead();
        return _names.ContainsKey(name);
    }

    public IStorageFile Create(string name)
    {
        DieIf(CountOperation());
        if (_names.ContainsKey(name))
            throw new IOException($"{name} exists already");
        if (FreeBytes <= 0)
            throw NoSpace(name);
        FileImage image = new();
        _names[name] = image;
        _unsyncedNames.Add(names => names[name] = image);
        return new SimulatedFile(this, image, name, writable: true);
    }

    public IStorageFile Open(string name, bool writable)
    {
        BeforeRead();
        return _names.TryGetValue(name, out FileImage? image)
            ? new SimulatedFile(this, image, name, writable)
            : throw new FileNotFoundException($"{name} does not exist", name);
    }

    public void Rename(string from, string to)
    {
        DieIf(CountOperation());
        if (!_names.Remove(from, out FileImage? image))
            throw new FileNotFoundException($"{from} does not exist", from);
        _names[to] = image;
        _unsyncedNames.Add(names =>
        {
            if (names.TryGetValue(from, out FileImage? there) && there == image)
                names.Remove(from);
            names[to] = image;
        });
    }

    public void Delete(string name)
    {
        DieIf(CountOperation());
        if (!_names.Remove(name, out FileImage? image))
            throw new FileNotFoundException($"{name} does not exist", name);
        _unsyncedNames.Add(names =>
        {
            if (names.TryGetValue(name, out FileImage? there) && there == image)
                names.Remove(name);
        });
    }

    public void SyncDirectory()
    {
        DieIf(CountOperation());
        BeforeSync();
        _unsyncedNames.Clear();
        _durableNames = new(_names, StringComparer.Ordinal);
    }

    /// <summary>Somebody else fills the device.</summary>
    public void ShrinkTo(long bytes)
    {
        CapacityBytes = bytes;
        HasBeenFull = true;
    }

    /// <summary>The machine dies at a coming operation: 1 is the next one.</summary>
    public void DieAtOperation(long count) => _operationsLeft = count;

    /// <summary>
    /// Power fails and comes back. A chance of 0 loses everything unsynced, 1 keeps everything, between them each
    /// sector and name meets its own fate.
    /// </summary>
    public void LosePower(double keepChance)
    {
        foreach (Action<SortedDictionary<string, FileImage>> operation in _unsyncedNames)
        {
            if (random.Chance(keepChance))
                operation(_durableNames);
        }
        _unsyncedNames.Clear();
        foreach (FileImage image in _durableNames.Values.Distinct())
            image.LosePower(random, keepChance);
        _names = new(_durableNames, StringComparer.Ordinal);
        Revive();
    }

    /// <summary>The process starts again; the page cache is as it was left.</summary>
    public void Revive()
    {
        HasDied = HasFailedSync = FailsNextSync = false;
        HasBeenFull = CapacityBytes < UsualCapacityBytes;
        _operationsLeft = long.MaxValue;
    }

    /// <summary>Flips a bit in some file that has contents.</summary>
    public bool FlipBit()
    {
        List<FileImage> images = [.. _names.Values.Distinct().Where(image => image.Length > 0)];
        return images.Count > 0 && random.Pick(images).FlipBit(random);
    }

    /// <summary>A copy on which a recovery can be tried without disturbing the original.</summary>
    public SimulatedStorage Clone()
    {
        SimulatedStorage clone = new(location, new SeededRandom(1)) { CapacityBytes = long.MaxValue / 2 };
        foreach ((string name, FileImage image) in _names)
            clone._names[name] = image.Clone();
        return clone;
    }

    internal bool CountOperation()
    {
        BeforeRead();
        Operations++;
        return --_operationsLeft <= 0;
    }

    internal void DieIf(bool dies)
    {
        if (!dies)
            return;
        HasDied = true;
        throw new CrashException();
    }

    internal void BeforeRead()
    {
        if (HasDied)
            throw new CrashException();
    }

    internal void BeforeSync()
    {
        if (!FailsNextSync && !HasFailedSync)
            return;
        SyncsAfterFailure += HasFailedSync ? 1 : 0;
        HasFailedSync = true;
        throw new IOException("Input/output error");
    }

    internal void BeforeGrowth(FileImage image, long length)
    {
        if (length > image.Length && length - image.Length > FreeBytes)
            throw NoSpace(location);
    }

    private DiskFullException NoSpace(string name)
    {
        HasBeenFull = true;
        return new DiskFullException($"no space left on device: {name}");
    }
}
