using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Disk;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>A machine with its disk and clock, and the process on it while one runs.</summary>
internal abstract class Machine
{
    private readonly SeededRandom _random;
    private int _directories;
    private long? _stopInRoundMicros;

    protected Machine(Surroundings around, string name)
    {
        (Around, Name, _random) = (around, name, around.Random.Fork());
        double drift = 1 + (_random.NextDouble() - 0.5) * 0.04;
        Clock = new SimulatedClock(around.Events, drift, _random.Between(-3_600_000_000, 3_600_000_000));
        Wipe();
    }

    public string Name { get; }

    public SimulatedClock Clock { get; }

    public DiskPace Pace { get; } = new();

    /// <summary>The data directory.</summary>
    public SimulatedStorage Storage { get; private set; } = null!;

    /// <summary>Incarnation of the data directory.</summary>
    public ulong Incarnation { get; private set; }

    /// <summary>Until when the process is stopped while time goes on.</summary>
    public long PausedUntil { get; private set; }

    /// <summary>Whether bits were flipped on its disk: then it may refuse to start.</summary>
    public bool HasFlippedBits { get; private set; }

    /// <summary>Whether its log was damaged, and is not known to be whole again.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Whether the node has found its data damaged and stays down until it is replaced.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>Whether somebody takes care that it stays down.</summary>
    public bool IsRetired { get; set; }

    public string PeerAddress => $"{Name}:12000";

    public string ClientAddress => $"{Name}:11000";

    public string JoinAddress => $"{Name}:13000";

    public string TransferAddress => $"{Name}:14000";

    public string FeedAddress => $"{Name}:16000";

    public bool IsPaused => PausedUntil > Around.Events.Now;

    /// <summary>Whether a process runs, however far it came.</summary>
    public bool IsRunning => Running is not null;

    protected Surroundings Around { get; }

    /// <summary>The running process; null while there is none.</summary>
    protected IMachineProcess? Running { get; private set; }

    /// <summary>Starts the process, unless one runs.</summary>
    public void Start()
    {
        if (Running is not null || IsRetired || IsCorrupt)
            return;
        PausedUntil = 0;
        Around.Trace.Add(Name, "starts", Incarnation & 0xFFFF);
        IMachineProcess process = Launch(_random.Fork());
        Running = process;
        process.Guard(process.Boot);
    }

    /// <summary>The process ends at once; the machine goes on, so its page cache keeps what was written.</summary>
    public void Kill()
    {
        if (Running is null)
            return;
        Around.Trace.Add(Name, "is killed");
        End();
        if (Storage.HasDied || Storage.HasFailedSync)
            Storage.LosePower(_random.NextDouble());
    }

    /// <summary>The process ends of its own will, in order to begin anew from what it has put on its disk.</summary>
    public void BeginAnew()
    {
        Around.Trace.Add(Name, "begins anew");
        End();
        Around.Events.After(1_000 + _random.Exponential(20_000), Start);
    }

    /// <summary>The machine loses power: what was not synced is lost, kept or torn.</summary>
    public void LosePower()
    {
        double keep = _random.Pick([0.0, 0.3, 0.7, 1.0]);
        Around.Trace.Add(Name, "loses power", (ulong)(keep * 10));
        End();
        Storage.LosePower(keep);
    }

    /// <summary>The process is stopped for a while; time goes on.</summary>
    public void Pause(long micros)
    {
        PausedUntil = Math.Max(PausedUntil, Around.Events.Now + micros);
        Around.Trace.Add(Name, "pauses", (ulong)micros);
        Running?.Disk.Pause(PausedUntil);
    }

    /// <summary>The process is stopped for a while, in the middle of its next round.</summary>
    public void StopInRound(long micros) => _stopInRoundMicros = micros;

    /// <summary>How long the process is to be stopped in this round; null when it is not.</summary>
    public long? TakeStopInRound()
    {
        long? micros = _stopInRoundMicros;
        _stopInRoundMicros = null;
        return micros;
    }

    /// <summary>The disk does nothing for a while.</summary>
    public void HangDisk(long micros) => Running?.Disk.Pause(Around.Events.Now + micros);

    /// <summary>The data directory is lost with all that the node promised; the next start has an empty one.</summary>
    public void Wipe()
    {
        End();
        _directories++;
        Storage = new SimulatedStorage($"{Name}/data{_directories}", _random.Fork());
        Incarnation = _random.NextBits() | 1;
        HasFlippedBits = IsDamaged = IsCorrupt = false;
    }

    /// <summary>A bit on the disk of a node that is down changes.</summary>
    public void FlipBit()
    {
        if (Running is null && Storage.FlipBit())
        {
            HasFlippedBits = true;
            Around.Trace.Add(Name, "has a bit flipped");
        }
    }

    /// <summary>Something of the log of a node that is down is lost or changed.</summary>
    public void DamageLog(LogDamageKind kind)
    {
        if (Running is null && LogVandal.Damage(Storage, kind, _random) is { } what)
        {
            HasFlippedBits = IsDamaged = true;
            Around.Trace.Add(Name, "has its log damaged", detail: what);
        }
    }

    /// <summary>Whatever was damaged has been repaired.</summary>
    public void IsWholeAgain()
    {
        HasFlippedBits = IsDamaged = false;
        Around.Trace.Add(Name, "is whole again");
    }

    /// <summary>The process ended by itself.</summary>
    /// <param name="error">Why.</param>
    public void Died(Exception error)
    {
        Around.Trace.Add(Name, "dies", detail: error.Message);
        bool wanted = error is CrashException
            || (error is ReplicaStoppedException or IOException or SlotFileException
                && (Storage.HasFailedSync || Storage.HasBeenFull));
        // One bit may make a format out of another.
        if (error is LogCorruptionException or NodeDirectoryException && HasFlippedBits)
            IsCorrupt = wanted = true;
        if (!wanted)
            throw new Violation("nothing stops a sound node", $"{Name}: {error}");
        LosePower();
        Around.Events.After(20_000 + _random.Exponential(200_000), Start);
    }

    /// <summary>Makes a process, which is booted next.</summary>
    protected abstract IMachineProcess Launch(SeededRandom random);

    private void End()
    {
        Running?.End();
        Running = null;
    }
}
