using Chorus.Common.Protocol;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;
using Google.Protobuf;

namespace Chorus.Simulation.Clients;

/// <summary>
/// A client that does one operation after the other by the real protocol, under the retry rules of the client
/// library: a write is sent again only after an answer that says it was not applied.
/// </summary>
internal sealed class SimulatedClient : IEndpoint
{
    private readonly EventQueue _world;
    private readonly SeededRandom _random;
    private readonly SimulatedNetwork _network;
    private readonly History _history;
    private readonly Workload _workload;
    private readonly IReadOnlyList<string> _servers;
    private Operation? _operation;
    private ByteString _bytes = ByteString.Empty;
    private string _target;
    private string _asked = "";
    private int _askedLife;
    private ulong _request;
    private long _deadline;

    public SimulatedClient(
        string name, EventQueue world, SeededRandom random, SimulatedNetwork network, History history,
        Workload workload, IReadOnlyList<string> servers)
    {
        (Name, _world, _random, _network) = (name, world, random, network);
        (_history, _workload, _servers) = (history, workload, servers);
        _target = random.Pick(servers);
        network.Open(Address, this);
    }

    public string Name { get; }

    /// <summary>Whether an operation is under way.</summary>
    public bool IsBusy => _operation is not null;

    private string Address => $"{Name}:1";

    /// <summary>Goes on for as long as the workload runs.</summary>
    public void Think()
    {
        if (_workload.IsRunning)
            _world.After(_random.Exponential(_workload.ThinkMicros), Begin);
    }

    /// <summary>Does one operation, outside the workload's course, at one server first.</summary>
    public Operation Ask(OperationKind kind, int key, string server)
    {
        _target = server;
        return Start(kind, key);
    }

    public void Arrive(string sender, byte[] first, byte[] second)
    {
        foreach (Response response in Responses.Parser.ParseFrom(first).Responses_)
        {
            if (_operation is not null && response.Id == _request)
                Answered(_operation, response, sender);
        }
    }

    private void Begin()
    {
        if (!_workload.IsRunning || IsBusy)
            return;
        if (_random.Chance(0.02))
            _target = _random.Pick(_servers);
        double dice = _random.NextDouble();
        OperationKind kind = dice < _workload.ReadShare ? OperationKind.Get
            : dice < _workload.ReadShare + _workload.DeleteShare ? OperationKind.Delete
            : OperationKind.Set;
        Start(kind, _random.Next(_workload.Keys));
    }

    private Operation Start(OperationKind kind, int key)
    {
        Operation operation = _operation = _history.Begin(Name, kind, key);
        if (kind == OperationKind.Get)
            operation.Reads = _random.Pick(_workload.Reads);
        _bytes = KvBytes.Encode(operation, _random.Next(_workload.PaddingMax + 1));
        _deadline = _world.Now + _workload.OperationTimeoutMicros;
        SendAttempt(operation);
        return operation;
    }

    private void SendAttempt(Operation operation)
    {
        ulong request = ++_request;
        bool anywhere = operation.Kind == OperationKind.Get && _random.Chance(_workload.ReadsAnywhere);
        _asked = anywhere ? _random.Pick(_servers) : _target;
        _askedLife = _history.Stale.LifeOf(_asked);
        Requests frame = new();
        if (_random.Chance(0.05))
            frame.Requests_.Add(new Request { Id = request + (1UL << 40), Status = new StatusRequest() });
        frame.Requests_.Add(operation.Kind == OperationKind.Get
            ? new Request { Id = request, Read = _bytes, Reads = operation.Reads }
            : new Request { Id = request, Write = _bytes });
        _network.SendForClient(Name, Address, _asked, frame.ToByteArray());
        long patience = operation.Kind == OperationKind.Get
            ? _workload.AttemptTimeoutMicros
            : _deadline - _world.Now;
        _world.After(patience, () => GiveUpAttempt(operation, request));
    }

    private void GiveUpAttempt(Operation operation, ulong request)
    {
        if (_operation != operation || _request != request)
            return;
        _target = _random.Pick(_servers);
        if (operation.Kind == OperationKind.Get && _world.Now < _deadline)
            SendAttempt(operation);
        else
            End();
    }

    private void Answered(Operation operation, Response response, string server)
    {
        switch (response.Code)
        {
            case Code.Ok or Code.NotFound:
                operation.Index = response.Index;
                operation.Found = response.Code == Code.Ok;
                if (operation.Kind == OperationKind.Get)
                    operation.Value = operation.Found ? KvBytes.ValueOf(response.Payload.Span) : 0;
                _history.Finish(operation);
                if (operation.Reads == ReadMode.Stale)
                    _history.Stale.Answered(operation, server, _askedLife);
                End();
                break;
            case Code.NotLeader or Code.Overloaded or Code.DiskFull:
                Again(operation, response);
                break;
            case Code.OutcomeUnknown or Code.Internal when operation.Kind != OperationKind.Get:
                End();
                break;
            case Code.OutcomeUnknown or Code.Internal:
                Again(operation, response);
                break;
            default:
                throw new Violation("clients understood", $"{operation}: {response.Code} {response.Message}");
        }
    }

    private void Again(Operation operation, Response response)
    {
        _target = response.Leader.Length > 0 ? response.Leader : _random.Pick(_servers);
        if (_world.Now >= _deadline)
        {
            if (operation.Kind != OperationKind.Get)
                _history.Refuse(operation);
            End();
            return;
        }
        // No attempt is out now: an answer that still comes belongs to nothing.
        _request++;
        _world.After(_random.Between(2_000, 60_000), () =>
        {
            if (_operation == operation)
                SendAttempt(operation);
        });
    }

    private void End()
    {
        _operation = null;
        _request++;
        Think();
    }
}
