using Chorus.Common.Client;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Google.Protobuf;

namespace Chorus.Tests.Client;

/// <summary>
/// A server of the client protocol that does what a test wants; answers questions for its status itself.
/// </summary>
internal sealed class FakeServer : IDisposable
{
    private readonly ZmqContext _context = new();
    private readonly Wakeup _wakeup = new();
    private readonly ZmqClientTransport _transport;
    private readonly Thread _thread;
    private volatile bool _stopped;
    private volatile bool _keepsSessions;
    private volatile Func<Request, Response?> _answer;
    private volatile Status _status = new() { Role = "follower" };
    private int _seen;
    private int _frames;

    internal FakeServer(Func<Request, Response?> answer, Endpoint? endpoint = null)
    {
        _answer = answer;
        _transport = new ZmqClientTransport(_context, endpoint ?? new Endpoint(Endpoint.Loopback, 0));
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    internal Endpoint Endpoint => _transport.LocalEndpoint;

    internal string Address => Endpoint.ToString();

    /// <summary>Requests seen, without those for the status.</summary>
    internal int Seen => Volatile.Read(ref _seen);

    internal int Frames => Volatile.Read(ref _frames);

    internal Func<Request, Response?> Answer { set => _answer = value; }

    /// <summary>Whether it is asked about sessions, too; otherwise it keeps none, as an older server.</summary>
    internal bool KeepsSessions { set => _keepsSessions = value; }

    internal Status Status { set => _status = value; }

    internal static Response Ok(Request request) => new() { Id = request.Id };

    internal static Response Echo(Request request) =>
        new() { Id = request.Id, Payload = request.Write ?? request.Read };

    internal static Func<Request, Response> NotLeader(string hint) =>
        request => new Response { Id = request.Id, Code = Code.NotLeader, Leader = hint };

    internal static Func<Request, Response> Refuse(Code code, string message) =>
        request => new Response { Id = request.Id, Code = code, Message = message };

    internal FakeServer Leading(ulong term = 1)
    {
        Status = new Status { Role = "leader", Term = term, Leader = Address };
        return this;
    }

    internal FakeServer Following(string leader, ulong term = 1)
    {
        Status = new Status { Role = "follower", Term = term, Leader = leader };
        return this;
    }

    internal ChorusClientOptions Options(params FakeServer[] others) => new()
    {
        Servers = [Address, .. others.Select(o => o.Address)],
        Timeout = TimeSpan.FromSeconds(10),
    };

    public void Dispose()
    {
        if (_stopped)
            return;
        _stopped = true;
        _wakeup.Signal();
        _thread.Join();
        _transport.Dispose();
        _wakeup.Dispose();
        _context.Dispose();
    }

    private void Run()
    {
        Poller poller = new();
        poller.Add(_transport.Socket);
        poller.Add(_wakeup);
        while (!_stopped)
        {
            poller.Wait(1000);
            while (!_stopped && _transport.TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame))
                Serve(connection, Requests.Parser.ParseFrom(frame));
        }
    }

    private void Serve(ClientConnection connection, Requests requests)
    {
        Responses responses = new();
        foreach (Request request in requests.Requests_)
        {
            if (request.BodyCase == Request.BodyOneofCase.Status)
            {
                responses.Responses_.Add(new Response { Id = request.Id, Payload = _status.ToByteString() });
                continue;
            }

            if (request.BodyCase == Request.BodyOneofCase.ChangeSession && !_keepsSessions)
            {
                responses.Responses_.Add(new Response { Id = request.Id, Code = Code.BadRequest });
                continue;
            }

            Interlocked.Increment(ref _seen);
            if (_answer(request) is { } response)
                responses.Responses_.Add(response);
        }

        if (requests.Requests_.Any(r => r.BodyCase is not (Request.BodyOneofCase.Status
            or Request.BodyOneofCase.ChangeSession)))
            Interlocked.Increment(ref _frames);
        if (responses.Responses_.Count > 0)
            _transport.Send(connection, responses.ToByteArray());
    }
}
