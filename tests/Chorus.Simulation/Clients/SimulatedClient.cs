using Chorus.Common.Protocol;
using Chorus.Simulation.Checks;
using Chorus.Simulation.Network;
using Chorus.Simulation.World;
using Google.Protobuf;

namespace Chorus.Simulation.Clients;

/// <summary>
/// A client that does one operation after the other by the real protocol, under the retry rules of the client library:
/// a write is sent again only after an answer that says it was not applied; in a session again and again until it is
/// answered, under the same sequence.
/// </summary>
internal sealed class SimulatedClient : IEndpoint
{
    private readonly EventQueue _world;
    private readonly SeededRandom _random;
    private readonly SimulatedNetwork _network;
    private readonly History _history;
    private readonly Workload _workload;
    private readonly IReadOnlyList<string> _servers;
    private readonly ClientSession? _session;
    private readonly Dictionary<int, byte[]?> _seen = [];
    private Operation? _operation;
    private Request? _last;
    private bool _isOpening;
    private byte[]? _written;
    private ByteString _bytes = ByteString.Empty;
    private string _target;
    private string _asked = "";
    private int _askedLife;
    private ulong _request;
    private ulong _others;
    private long _deadline;

    public SimulatedClient(
        string name, EventQueue world, SeededRandom random, SimulatedNetwork network, History history,
        Workload workload, IReadOnlyList<string> servers)
    {
        (Name, _world, _random, _network) = (name, world, random, network);
        (_history, _workload, _servers) = (history, workload, servers);
        _target = random.Pick(servers);
        if (workload.SessionShare > 0 && random.Chance(workload.SessionShare))
            _session = new ClientSession(name);
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
            _session?.Note(response);
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
        bool reads = dice < _workload.ReadShare;
        if (_workload.CounterShare > 0 && _random.Chance(_workload.CounterShare))
        {
            // Behind the other keys; never deleted, so that its values rise.
            Start(reads ? OperationKind.Get : OperationKind.Increment, _workload.Keys);
            return;
        }
        OperationKind kind = reads ? OperationKind.Get
            : dice < _workload.ReadShare + _workload.DeleteShare ? OperationKind.Delete
            : _workload.CompareShare > 0 && _random.Chance(_workload.CompareShare) ? OperationKind.CompareAndSet
            : OperationKind.Set;
        Start(kind, _random.Next(_workload.Keys));
    }

    private Operation Start(OperationKind kind, int key)
    {
        byte[]? seen = _seen.GetValueOrDefault(key);
        Operation operation = _operation = _history.Begin(
            Name, kind, key, seen is null ? 0 : KvBytes.ValueOf(seen),
            kind == OperationKind.Increment ? 1 + _random.Next(3) : 0);
        if (kind == OperationKind.Get)
            operation.Reads = _random.Pick(_workload.Reads);
        int padding = _random.Next(_workload.PaddingMax + 1);
        _bytes = KvBytes.Encode(operation, padding, seen);
        _written = operation.Kind is OperationKind.Set or OperationKind.CompareAndSet
            ? KvBytes.ValueOf(operation, padding)
            : null;
        _deadline = _world.Now + _workload.OperationTimeoutMicros;
        if (operation.Kind != OperationKind.Get)
            BeginInSession();
        SendAttempt(operation);
        return operation;
    }

    private void BeginInSession()
    {
        if (_session is null)
            return;
        // A client that was restarted: its session stays behind, perhaps closed.
        if (_session.Id > 0 && _random.Chance(0.02))
        {
            if (_random.Chance(0.5))
            {
                Send(_target, new Request
                {
                    Id = Other(),
                    ChangeSession = new ChangeSession
                    {
                        Action = ChangeSession.Types.Action.Close,
                        Session = _session.Id,
                    },
                });
            }
            _session.Forget();
        }
        _session.Begin();
    }

    private void SendAttempt(Operation operation)
    {
        ulong request = ++_request;
        bool isWrite = operation.Kind != OperationKind.Get;
        bool anywhere = !isWrite && _random.Chance(_workload.ReadsAnywhere);
        _asked = anywhere ? _random.Pick(_servers) : _target;
        _askedLife = _history.Stale.LifeOf(_asked);
        bool inSession = isWrite && _session is not null;
        _isOpening = inSession && _session!.Id == 0;
        if (!isWrite)
            Send(_asked, new Request { Id = request, Read = _bytes, Reads = operation.Reads });
        else if (_isOpening)
            Send(_target, new Request { Id = request, ChangeSession = new ChangeSession() });
        else if (inSession)
            SendInSession(request);
        else
            Send(_target, new Request { Id = request, Write = _bytes });
        long patience = isWrite && !inSession ? _deadline - _world.Now : _workload.AttemptTimeoutMicros;
        _world.After(patience, () => GiveUpAttempt(operation, request));
    }

    private void SendInSession(ulong request)
    {
        _last = _session!.Sign(new Request { Id = request, Write = _bytes });
        Send(_target, _last);
        // Impatience: the same at another server, at the same time. What becomes of that one nobody will know.
        if (_random.Chance(0.1))
        {
            Send(_random.Pick(_servers), _session.Again(_last, Other()));
            _session.MayBeApplied = true;
        }
        if (_random.Chance(0.02))
        {
            Send(_target, new Request
            {
                Id = Other(),
                ChangeSession = new ChangeSession
                {
                    Action = ChangeSession.Types.Action.Keep,
                    Session = _session.Id,
                    AcknowledgedBelow = _session.Sequence,
                },
            });
        }
    }

    // Ids of requests whose answers are only checked.
    private ulong Other() => (1UL << 41) + ++_others;

    private void Send(string target, Request request)
    {
        Requests frame = new();
        if (_random.Chance(0.05))
            frame.Requests_.Add(new Request { Id = 1UL << 40, Status = new StatusRequest() });
        frame.Requests_.Add(request);
        _network.SendForClient(Name, Address, target, frame.ToByteArray());
    }

    private void GiveUpAttempt(Operation operation, ulong request)
    {
        if (_operation != operation || _request != request)
            return;
        _target = _random.Pick(_servers);
        bool isAskedAgain = operation.Kind == OperationKind.Get || _session is not null;
        if (!_isOpening && _session is not null)
            _session.MayBeApplied = true;
        if (isAskedAgain && _world.Now < _deadline)
            SendAttempt(operation);
        else
            End();
    }

    private void Answered(Operation operation, Response response, string server)
    {
        switch (response.Code)
        {
            case Code.Ok when _isOpening:
                _session!.Opened(SessionOpened.Parser.ParseFrom(response.Payload).Session);
                SendAttempt(operation);
                break;
            case Code.Ok or Code.NotFound or Code.ConditionFailed:
                Done(operation, response, server);
                break;
            case Code.NotLeader or Code.Overloaded or Code.DiskFull:
                Again(operation, response);
                break;
            case Code.SessionExpired when _session is not null:
                _session.Forget();
                // Only what was never sent, or refused for certain, may go on in another session.
                if (_session.MayBeApplied)
                    End();
                else
                    Again(operation, response);
                break;
            case Code.OutcomeUnknown or Code.Internal when operation.Kind == OperationKind.Get || _session is not null:
                if (!_isOpening && _session is not null)
                    _session.MayBeApplied = true;
                Again(operation, response);
                break;
            case Code.OutcomeUnknown or Code.Internal:
                End();
                break;
            default:
                throw new Violation("clients understood", $"{operation}: {response.Code} {response.Message}");
        }
    }

    private void Done(Operation operation, Response response, string server)
    {
        operation.Index = response.Index;
        operation.Found = response.Code == Code.Ok;
        byte[] payload = response.Payload.ToByteArray();
        if (operation.Kind == OperationKind.Get)
            operation.Value = operation.Found ? KvBytes.ValueOf(payload) : 0;
        else if (operation.Kind == OperationKind.Increment || response.Code == Code.ConditionFailed)
            operation.Value = KvBytes.ValueOf(payload);
        bool tellsValue = operation.Kind == OperationKind.Get ? operation.Found : response.Code == Code.ConditionFailed;
        _seen[operation.Key] = tellsValue && payload.Length > 0 ? payload : operation.Found ? _written : null;
        _history.Finish(operation);
        if (operation.Reads == ReadMode.Stale)
            _history.Stale.Answered(operation, server, _askedLife);
        End();
    }

    private void Again(Operation operation, Response response)
    {
        _target = response.Leader.Length > 0 ? response.Leader : _random.Pick(_servers);
        if (_world.Now >= _deadline)
        {
            if (operation.Kind != OperationKind.Get && _session is not { MayBeApplied: true })
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
        // A copy that was long on its way, or a client that did not see the answer.
        if (_operation is { Outcome: not Outcome.Refused } && _last is { } last && _random.Chance(0.1))
        {
            _world.After(
                _random.Between(1_000, 1_000_000),
                () => Send(_random.Pick(_servers), _session!.Again(last, Other())));
        }
        _last = null;
        _operation = null;
        _request++;
        Think();
    }
}
