using Chorus.Raft;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;
using Kind = Chorus.Common.Protocol.Member.Types.Kind;

namespace Chorus.Simulation.Faults;

/// <summary>
/// The person who looks after the loggers: lets them join as observers, takes them out, and replaces those whose data
/// is lost. One thing after the other, by the real protocols.
/// </summary>
internal sealed class Librarian
{
    private const int FirstRequest = 1_000_000;
    private const long PatienceMicros = 10_000_000;

    private readonly Cluster _cluster;
    private readonly Surroundings _around;
    private readonly SeededRandom _random;
    private readonly AdminDesk _desk;

    public Librarian(Cluster cluster)
    {
        (_cluster, _around) = (cluster, cluster.Around);
        _random = _around.Random.Fork();
        _desk = new AdminDesk(cluster, _random.Fork(), FirstRequest);
        if (cluster.Loggers.Count > 0)
            _around.Events.After(_random.Exponential(1_000_000), () => AddNext(0));
    }

    private long _lookAt = long.MaxValue;

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Changes that were carried through.</summary>
    public int Changes { get; private set; }

    /// <summary>Lets a logger leave, come back, or lose its data, unless something is under way.</summary>
    public void DoSomething()
    {
        if (!IsIdle || _cluster.Loggers.Count == 0)
            return;
        SimulatedLogger logger = _random.Pick(_cluster.Loggers);
        if (logger.IsRetired)
            Begin(() => Add(logger, Finish));
        else if (_random.Chance(0.5))
            Begin(() => Replace(logger));
        else
            Begin(() => Remove(logger, Finish));
    }

    /// <summary>
    /// In the end every logger is a member; and one that knows none of today's members any more, for they all changed
    /// while it was down or cut off, is shown them as a person would: it is started again with <c>-join</c>.
    /// </summary>
    /// <returns>Whether there was nothing to do.</returns>
    public bool Tidy()
    {
        if (_cluster.Loggers.Count == 0)
            return true;
        if (!IsIdle)
            return false;
        SimulatedLogger? outside = _cluster.Loggers.FirstOrDefault(logger => logger.IsRetired) ?? Stranded();
        if (outside is null)
            return true;
        outside.Kill();
        Begin(() => Add(outside, Finish));
        return false;
    }

    private SimulatedLogger? Stranded()
    {
        long now = _around.Events.Now;
        _lookAt = Math.Min(_lookAt, now + PatienceMicros);
        if (now < _lookAt)
            return null;
        _lookAt = now + PatienceMicros;
        return _cluster.Loggers.FirstOrDefault(logger => logger.Reached < _around.Invariants.Committed.Last);
    }

    private void AddNext(int i)
    {
        if (i == _cluster.Loggers.Count)
            Finish();
        else
            Add(_cluster.Loggers[i], () => AddNext(i + 1));
    }

    private void Begin(Action task)
    {
        IsIdle = false;
        task();
    }

    private void Finish()
    {
        Changes++;
        IsIdle = true;
    }

    private void Add(SimulatedLogger logger, Action then)
    {
        _around.Trace.Add(logger.Name, "is to join");
        _desk.Join(logger, Kind.Observer, reply =>
        {
            if (!reply.ClusterId.Span.SequenceEqual(_around.ClusterId.ToByteArray()))
                throw new Checks.Violation("a join names the cluster", $"{logger.Name} is told of another one");
            logger.Welcome = [.. reply.Members.Select(Convert)];
            logger.IsRetired = false;
            logger.Start();
            then();
        });
    }

    private static Raft.Member Convert(Common.Protocol.Member member) => new(
        new NodeId(member.Id), member.Incarnation, (MemberKind)member.Kind, member.PeerAddress, member.ClientAddress,
        (byte)member.Priority, member.TransferAddress, member.FeedAddress);

    private void Remove(SimulatedLogger logger, Action then)
    {
        _around.Trace.Add(logger.Name, "is to leave");
        _desk.Remove(logger, () =>
        {
            logger.IsRetired = true;
            logger.Kill();
            then();
        });
    }

    // A new data directory under the old name is somebody else: it is let in only when the old one is taken out.
    private void Replace(SimulatedLogger logger)
    {
        _around.Trace.Add(logger.Name, "loses its data");
        logger.Kill();
        logger.Wipe();
        logger.KnownMembers = [];
        Remove(logger, () => Add(logger, Finish));
    }
}
