using Chorus.Raft;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Clients;
using Chorus.Simulation.Faults;
using Chorus.Simulation.Nodes;
using ReadMode = Chorus.Common.Protocol.ReadMode;

namespace Chorus.Simulation;

/// <summary>
/// One run: a cluster under faults for a while, then faults off, everybody back, and everything must be there, equal
/// and served.
/// </summary>
internal sealed class SimulatedRun
{
    private const long ConvergenceMicros = 60_000_000;
    private const long ServiceMicros = 10_000_000;
    private const long EventsMax = 4_000_000;

    private readonly ulong _seed;
    private readonly Surroundings _around;
    private readonly Cluster _cluster;
    private readonly Operator _operator;
    private readonly Librarian _librarian;
    private readonly Nemesis _nemesis;
    private readonly FaultMix _mix;

    private SimulatedRun(ulong seed, SimulationOptions options)
    {
        _seed = seed;
        _around = new Surroundings(seed, options.Live);
        _cluster = new Cluster(_around);
        _operator = new Operator(_cluster);
        _librarian = new Librarian(_cluster);
        _mix = new FaultMix(
            _around.Random.Fork(), _around.Plan.ElectionMicros, options.BitFlips, _cluster.Observers.Count > 0);
        _nemesis = new Nemesis(_cluster, _operator, _librarian, _mix);
    }

    /// <summary>Runs a seed.</summary>
    public static SimulationResult Run(ulong seed, SimulationOptions options)
    {
        SimulatedRun simulation = new(seed, options);
        string? failure = null;
        try
        {
            options.Live?.WriteLine($"seed {seed}: {simulation._around.Plan}; {simulation._mix}");
            simulation.RunAll();
        }
        catch (Violation violation)
        {
            failure = violation.Message;
        }
        catch (Exception error)
        {
            failure = $"the simulator itself: {error}";
        }
        return simulation.Result(failure);
    }

    private void RunAll()
    {
        _operator.AddAll(_cluster.Begin());
        if (_around.Plan.LosesFounder)
            _operator.LoseFounder();
        RunUntil(_around.Plan.DurationMicros);
        _around.Trace.Add("", "faults end");
        _nemesis.Stop();
        RunUntil(_around.Events.Now + _around.Plan.ElectionMicros * 5);
        _around.Plan.Workload.IsRunning = false;
        Await("everybody converges", ConvergenceMicros, HasConverged);
        // Now the last message of all may be lost: nothing comes behind it that would show the gap (trap 24).
        _around.Network.Feed.LosesBatches = _around.Plan.Following.LosesLastBatches;
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            if (!node.IsRetired)
                Serve(node);
        }
        Await("everybody converges again", ConvergenceMicros, HasConverged);
        CompareStates();
        _around.History.CheckLinearizable();
    }

    private void RunUntil(long micros)
    {
        while (_around.Events.RunNext(micros))
        {
            if (_around.Events.Executed > EventsMax)
                throw new Violation("work ends", $"more than {EventsMax} events: the cluster is busy with itself");
        }
    }

    private void Await(string what, long patienceMicros, Func<bool> condition)
    {
        long deadline = _around.Events.Now + patienceMicros;
        while (!condition())
        {
            if (_around.Events.Now >= deadline)
                throw new Violation("faults off, all goes well",
                    $"not within {patienceMicros / 1_000_000} s: {what}; {Describe()}");
            RunUntil(_around.Events.Now + 20_000);
        }
    }

    private bool HasConverged()
    {
        if (_cluster.Clients.Any(client => client.IsBusy) || !_operator.Tidy() || !_librarian.Tidy()
            || _cluster.Leader is not { } leader)
        {
            return false;
        }
        RaftNode core = leader.Process!.Replica.Node;
        if (core.ConfigurationIndex > core.Commit)
            return false;
        ulong committed = _around.Invariants.Committed.Last;
        foreach (Member member in core.Configuration.Members)
        {
            if (member.Kind == MemberKind.Observer)
                continue;
            SimulatedNode node = _cluster.NodeOf(member.Id.Value);
            if (member.Kind != MemberKind.Voter || node.Process is not { IsUp: true } process || node.IsPaused)
                return false;
            if (process.Replica.AppliedIndex.Value != committed || process.Replica.Node.LastIndex.Value != committed)
                return false;
        }
        return _cluster.Observers.All(observer => observer.Reached == committed);
    }

    // That the read finds the write is for the history to say: an earlier write of unknown outcome may still arrive
    // between the two.
    private void Serve(SimulatedNode node)
    {
        Ask(OperationKind.Set, node);
        Ask(OperationKind.Get, node);
    }

    // More than once: a disk that was full is looked at again only after a second.
    private void Ask(OperationKind kind, SimulatedNode node)
    {
        SimulatedClient client = _cluster.Clients[0];
        long deadline = _around.Events.Now + ServiceMicros;
        while (true)
        {
            Operation operation = client.Ask(kind, 0, node.ClientAddress);
            Await($"an answer through {node.Name}", ServiceMicros, () => !client.IsBusy);
            if (operation.Outcome == Outcome.Done)
                return;
            if (_around.Events.Now > deadline)
                throw new Violation("faults off, all goes well", $"{node.Name} does not serve: {operation}");
        }
    }

    private void CompareStates()
    {
        (ulong? digest, ulong? sessions) = (null, null);
        foreach (SimulatedNode node in _cluster.Nodes)
        {
            if (node.IsRetired || node.Process is not { IsUp: true } process)
                continue;
            digest ??= process.StateMachine.Digest;
            if (process.StateMachine.Digest != digest)
                throw new Violation("all states are equal", $"{node.Name} has another digest");
            sessions ??= process.Replica.Sessions.Digest;
            if (process.Replica.Sessions.Digest != sessions)
                throw new Violation("all states are equal", $"{node.Name} has other sessions");
        }
    }

    private string Describe() =>
        string.Join("; ", [
            .. _cluster.Nodes.Where(node => !node.IsRetired).Select(Describe),
            .. _cluster.Observers.Select(observer => $"{observer.Name} at {observer.Reached}: {observer.Standing}"),
        ]);

    private static string Describe(SimulatedNode node)
    {
        if (node.Process is not { IsUp: true } process)
            return $"{node.Name} down";
        RaftNode core = process.Replica.Node;
        return $"{node.Name} {core.Role} term {core.Term} commit {core.Commit} last {core.LastIndex}"
            + $" durable {core.DurableIndex} applied {process.Replica.AppliedIndex} members {core.Configuration}";
    }

    private SimulationResult Result(string? failure) => new(
        _seed,
        failure,
        _around.Trace.Hash,
        new RunSummary(
            _around.Events.Now / 1e6, _around.Events.Executed, _around.History.Acknowledged,
            _around.History.ReadsAnswered, _around.History.AnsweredBy[(int)ReadMode.Lease],
            _around.History.AnsweredBy[(int)ReadMode.Log], _around.History.AnsweredBy[(int)ReadMode.Stale],
            _around.Invariants.StepsWithLease, _around.Invariants.Committed.Last, _around.Invariants.Elections,
            _nemesis.Strikes, _operator.Changes + _librarian.Changes, _operator.Several, _operator.Transfers,
            _around.Invariants.Dropped,
            _cluster.Observers.Aggregate(0UL, (sum, observer) => sum + observer.Reached), _around.Network.Feed.Lost,
            _nemesis.Lies, _around.Invariants.Fetched, _around.Invariants.Snapshots,
            _around.Invariants.SnapshotsForMembers, _around.Invariants.Restored,
            _around.Invariants.Installed, _around.Invariants.Cuts, _around.Invariants.Repaired),
        failure is null ? [] : [$"{_around.Plan}; {_mix}", .. _around.Trace.Tail()]);
}
