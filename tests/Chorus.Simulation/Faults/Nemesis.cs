using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Simulation.Disk;
using Chorus.Simulation.Network;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>Lets the faults of a mix happen, and makes them good again.</summary>
internal sealed class Nemesis
{
    private readonly Cluster _cluster;
    private readonly Surroundings _around;
    private readonly SeededRandom _random;
    private readonly DiskFaults _disks;
    private readonly FaultScripts _scripts;
    private readonly ObserverFaults _observers;
    private readonly Operator _operator;
    private readonly Librarian _librarian;
    private bool _isOver;

    public Nemesis(Cluster cluster, Operator @operator, Librarian librarian, FaultMix mix)
    {
        (_cluster, _around, _operator, _librarian) = (cluster, cluster.Around, @operator, librarian);
        _random = _around.Random.Fork();
        _disks = new DiskFaults(_around, _random.Fork(), () => _isOver);
        _scripts = new FaultScripts(_cluster, _random.Fork(), () => _isOver);
        _observers = new ObserverFaults(_cluster, _random.Fork(), _disks, () => _isOver);
        foreach ((FaultKind kind, double mean) in mix.All)
            Schedule(kind, mean);
    }

    /// <summary>Faults that struck.</summary>
    public int Strikes { get; private set; }

    /// <summary>Messages that were changed on their way.</summary>
    public long Lies => _observers.Lies;

    /// <summary>Nothing more goes wrong, and everything is made good.</summary>
    public void Stop()
    {
        _isOver = true;
        _scripts.Stop();
        _around.Network.HealAll();
        _around.Network.Rules = new LinkRules();
        _observers.Stop();
        foreach (Machine machine in _cluster.All)
        {
            _disks.Heal(machine);
            machine.Start();
        }
    }

    private void Schedule(FaultKind kind, double mean) => _around.Events.After(_random.Exponential(mean), () =>
    {
        if (_isOver)
            return;
        Strikes++;
        Strike(kind);
        Schedule(kind, mean);
    });

    private void Strike(FaultKind kind)
    {
        SimulatedNode victim = _cluster.SomeNode(_random);
        _around.Trace.Add(victim.Name, "fault", (ulong)kind, detail: _around.Trace.IsVerbose ? kind.ToString() : "");
        switch (kind)
        {
            case FaultKind.Kill:
                victim.Kill();
                Restart(victim);
                break;
            case FaultKind.PowerLoss:
                victim.LosePower();
                Restart(victim);
                break;
            case FaultKind.Blackout:
                Blackout();
                break;
            case FaultKind.CrashInDisk:
                victim.Storage.DieAtOperation(_random.Between(1, 12));
                break;
            case FaultKind.Pause or FaultKind.StopInRound:
                Stop(victim, kind == FaultKind.StopInRound);
                break;
            case FaultKind.Isolate or FaultKind.Partition or FaultKind.OneWay:
                Cut(kind, victim);
                break;
            case FaultKind.Weather:
                ChangeWeather();
                break;
            case FaultKind.ClockJump:
                victim.Clock.JumpWall(_random.Between(-600_000_000, 600_000_000));
                break;
            case FaultKind.MinorityPowerLoss:
                LoseMinority();
                break;
            case FaultKind.LeaderChurn or FaultKind.FrozenLeader or FaultKind.ForsakenLeader or FaultKind.StaleQueue
                or FaultKind.Usurper or FaultKind.LateAnswers:
                _scripts.Play(kind, _cluster.Leader ?? victim);
                break;
            case FaultKind.Membership:
                _operator.DoSomething();
                break;
            case FaultKind.Transfer:
                _operator.HandOver();
                break;
            case FaultKind.ObserverMembership:
                _librarian.DoSomething();
                break;
            case FaultKind.FeedLoss or FaultKind.Lies or FaultKind.Source or FaultKind.Observer:
                _observers.Strike(kind);
                break;
            case FaultKind.BitFlip or FaultKind.LogDamage:
                Damage(kind, victim);
                break;
            default:
                _disks.Strike(kind, victim, Some(_around.Plan.ElectionMicros * 3));
                break;
        }
    }

    private void Stop(SimulatedNode victim, bool inRound)
    {
        long micros = Some(_around.Plan.ElectionMicros * 2);
        if (inRound)
            victim.StopInRound(micros);
        else
            victim.Pause(micros);
    }

    private long Some(double mean) => 1_000 + _random.Exponential(mean);

    private void Restart(SimulatedNode node) =>
        _around.Events.After(_random.Chance(0.4) ? Some(2_000) : Some(_around.Plan.ElectionMicros * 2), node.Start);

    private void Damage(FaultKind kind, SimulatedNode victim)
    {
        if (kind == FaultKind.BitFlip)
            FlipBit(victim);
        else
            DamageLog(victim);
    }

    // One at a time, and only where the others can do without the node: what rots on a majority of disks is gone.
    private void FlipBit(SimulatedNode victim)
    {
        if (_cluster.Nodes.Any(node => node.HasFlippedBits) || !_operator.MayLose(victim))
            return;
        victim.Kill();
        victim.FlipBit();
        Restart(victim);
    }

    // Beside a snapshot a damaged log is not repaired from its beginning; when that has happened to all members, nobody
    // can bring the beginning to those who follow the log.
    private bool IsNeededByFollowers(SimulatedNode victim) =>
        _around.Plan.Following.Loggers + _around.Plan.Following.Subscribers > 0
        && victim.Storage.List().Any(name => SnapshotNames.TryParse(name, out _));

    // One at a time, and where the others are a majority without it: what is damaged on more is not theirs to know.
    private void DamageLog(SimulatedNode victim)
    {
        if (_cluster.Nodes.Any(node => node.HasFlippedBits) || !_operator.IsIdle
            || _cluster.Leader is not { } leader || leader.Process!.Replica.Node is not { } core
            || core.Configuration.Voters.Count < 3 || core.ConfigurationIndex > core.Commit
            || core.Configuration.Find(new NodeId(victim.Name)) is null || IsNeededByFollowers(victim))
            return;
        victim.LosePower();
        victim.DamageLog(_random.Pick(Enum.GetValues<LogDamageKind>()));
        Restart(victim);
    }

    private void Blackout()
    {
        double share = _random.Pick([0.5, 1.0]);
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            if (!_random.Chance(share))
                continue;
            node.LosePower();
            Restart(node);
        }
    }

    private void Cut(FaultKind kind, SimulatedNode victim)
    {
        SimulatedNetwork network = _around.Network;
        int splits = (int)(_random.NextBits() & 0xFFFF);
        bool incoming = _random.Chance(0.5);
        // A client stays beside a node that is cut off, so that old leaders are asked as well.
        foreach (string machine in _cluster.Machines)
        {
            if (machine == victim.Name || (kind == FaultKind.Isolate && _cluster.IsClient(machine)))
                continue;
            bool apart = kind == FaultKind.Partition
                ? (splits >> _random.Next(16) & 1) == 1
                : kind == FaultKind.Isolate || _random.Chance(0.6);
            if (!apart)
                continue;
            if (kind != FaultKind.OneWay || incoming)
                network.Block(machine, victim.Name);
            if (kind != FaultKind.OneWay || !incoming)
                network.Block(victim.Name, machine);
        }
        if (kind == FaultKind.Partition)
            Separate(network);
        _around.Events.After(Some(_around.Plan.ElectionMicros * 4), network.HealAll);
    }

    private void Separate(SimulatedNetwork network)
    {
        List<string> left = [.. _cluster.Machines.Where(_ => _random.Chance(0.5))];
        foreach (string machine in _cluster.Machines.Except(left).ToList())
        {
            foreach (string other in left)
            {
                network.Block(machine, other);
                network.Block(other, machine);
            }
        }
    }

    private void ChangeWeather()
    {
        _around.Network.Rules = _random.Chance(0.3)
            ? new LinkRules { KeepsOrder = true }
            : new LinkRules
            {
                PeerLoss = _random.Pick([0, 0.01, 0.1, 0.3]),
                PeerDuplication = _random.Pick([0, 0.01, 0.2]),
                ClientLoss = _random.Pick([0, 0.01, 0.1]),
                ConnectionBreaks = _random.Pick([0, 0.001, 0.03]),
                DelayMicros = _random.Pick([50.0, 200, 2_000, _around.Plan.ElectionMicros / 4.0]),
                StragglerChance = _random.Pick([0, 0.01, 0.1]),
                StragglerMicros = _random.Pick([1.0, 5.0]) * _around.Plan.ElectionMicros,
                KeepsOrder = _random.Chance(0.3),
            };
    }

    private void LoseMinority()
    {
        List<SimulatedNode> nodes = [.. _cluster.Nodes.Where(node => node.Process is not null)];
        int minority = (nodes.Count - 1) / 2;
        for (int lost = 0; lost < minority; lost++)
        {
            SimulatedNode node = nodes[_random.Next(nodes.Count)];
            nodes.Remove(node);
            node.LosePower();
            _around.Events.After(Some(_around.Plan.ElectionMicros), node.Start);
        }
        foreach (SimulatedNode node in nodes)
            node.Pause(_random.Chance(0.3) ? Some(5_000) : Some(_around.Plan.ElectionMicros * 3));
    }
}
