using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Disk;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Nodes;

/// <summary>A machine with its disk and clock, and the process on it while one runs.</summary>
internal sealed class SimulatedNode
{
    private readonly Surroundings _around;
    private readonly SeededRandom _random;
    private int _directories;

    public SimulatedNode(Surroundings around, string name)
    {
        (_around, Name, _random) = (around, name, around.Random.Fork());
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

    /// <summary>The first configuration, when this node starts a cluster.</summary>
    public Configuration? Bootstrap { get; set; }

    /// <summary>The running process; null while there is none.</summary>
    public Process? Process { get; private set; }

    /// <summary>Until when the process is stopped while time goes on.</summary>
    public long PausedUntil { get; private set; }

    /// <summary>Whether bits were flipped on its disk: then it may refuse to start.</summary>
    public bool HasFlippedBits { get; private set; }

    /// <summary>Whether the node has found its data damaged and stays down until it is replaced.</summary>
    public bool IsCorrupt { get; private set; }

    /// <summary>Whether somebody takes care that it stays down.</summary>
    public bool IsRetired { get; set; }

    public string PeerAddress => $"{Name}:12000";

    public string ClientAddress => $"{Name}:11000";

    public string JoinAddress => $"{Name}:13000";

    public bool IsPaused => PausedUntil > _around.Events.Now;

    public bool IsLeader => Process?.Replica.Node.Role == Role.Leader;

    /// <summary>How the configuration names it.</summary>
    public Member AsMember(MemberKind kind, ulong incarnation) =>
        new(new NodeId(Name), incarnation, kind, PeerAddress, ClientAddress);

    /// <summary>Starts the process, unless one runs.</summary>
    public void Start()
    {
        if (Process is not null || IsRetired || IsCorrupt)
            return;
        PausedUntil = 0;
        _around.Trace.Add(Name, "starts", Incarnation & 0xFFFF);
        var process = new Process(_around, this, _random.Fork());
        Process = process;
        process.Guard(process.Boot);
    }

    /// <summary>The process ends at once; the machine goes on, so its page cache keeps what was written.</summary>
    public void Kill()
    {
        if (Process is null)
            return;
        _around.Trace.Add(Name, "is killed");
        End();
        if (Storage.HasDied || Storage.HasFailedSync)
            Storage.LosePower(_random.NextDouble());
    }

    /// <summary>The machine loses power: what was not synced is lost, kept or torn.</summary>
    public void LosePower()
    {
        double keep = _random.Pick([0.0, 0.3, 0.7, 1.0]);
        _around.Trace.Add(Name, "loses power", (ulong)(keep * 10));
        End();
        Storage.LosePower(keep);
    }

    /// <summary>The process is stopped for a while; time goes on.</summary>
    public void Pause(long micros)
    {
        PausedUntil = _around.Events.Now + micros;
        _around.Trace.Add(Name, "pauses", (ulong)micros);
        Process?.Disk.Pause(PausedUntil);
    }

    /// <summary>The data directory is lost with all that the node promised; the next start has an empty one.</summary>
    public void Wipe()
    {
        End();
        _directories++;
        Storage = new SimulatedStorage($"{Name}/data{_directories}", _random.Fork());
        Incarnation = _random.NextBits() | 1;
        HasFlippedBits = IsCorrupt = false;
    }

    /// <summary>A bit on the disk of a node that is down changes.</summary>
    public void FlipBit()
    {
        if (Process is null && Storage.FlipBit())
        {
            HasFlippedBits = true;
            _around.Trace.Add(Name, "has a bit flipped");
        }
    }

    /// <summary>The process ended by itself.</summary>
    /// <param name="error">Why.</param>
    public void Died(Exception error)
    {
        _around.Trace.Add(Name, "dies", detail: error.Message);
        bool wanted = error is CrashException
            || (error is ReplicaStoppedException or IOException && (Storage.HasFailedSync || Storage.HasBeenFull));
        if (error is LogCorruptionException && HasFlippedBits)
            IsCorrupt = wanted = true;
        if (!wanted)
            throw new Violation("nothing stops a sound node", $"{Name}: {error}");
        LosePower();
        _around.Events.After(20_000 + _random.Exponential(200_000), Start);
    }

    private void End()
    {
        Process?.End();
        Process = null;
    }
}
