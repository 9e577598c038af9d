using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Chorus.Tests.Log;
using Google.Protobuf;
using Action = Chorus.Common.Protocol.MemberChange.Types.Action;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.Compatibility;

/// <summary>One of each message that clients, and nodes that join, exchange with replicas.</summary>
internal static class ClientSamples
{
    private static readonly Member Node = new()
    {
        Id = "node1",
        Incarnation = 42,
        Kind = Member.Types.Kind.Learner,
        PeerAddress = "127.0.0.1:12001",
        ClientAddress = "127.0.0.1:11001",
        Priority = 50,
        TransferAddress = "127.0.0.1:15001",
        FeedAddress = "127.0.0.1:17001",
        Held = true,
    };

    public static IEnumerable<MessageSample> All =>
    [
        .. RequestsByName().Select(
            one => Of($"client/{one.Name}", new Requests { Requests_ = { one.Request } }, Requests.Parser)),
        .. Enum.GetValues<Code>().Select(code => Of(
            $"client/response-{code}", new Responses { Responses_ = { ResponseOf(code) } }, Responses.Parser)),
        Of("client/session-opened", new SessionOpened { Session = 300, TimeoutMs = 60_000, SequencesMax = 4096 },
            SessionOpened.Parser),
        Of("client/status", StatusOf(), Status.Parser),
        Of("join/request", new JoinRequest
        {
            ProtocolVersion = 1,
            Member = Node,
            ClusterId = Cluster(),
            StateBase = "preload 10,20",
        }, JoinRequest.Parser),
        Of("join/reply", new JoinReply
        {
            Code = Code.Ok,
            Message = "m",
            Cure = "c",
            ClusterId = Cluster(),
            Members = { Node },
            StateBase = "preload 10,20",
        }, JoinReply.Parser),
        Of("transfer/description", new LogDescription
        {
            Id = "log0",
            ClusterId = Cluster(),
            Kind = "logger",
            FirstIndex = 1,
            LastIndex = 20,
            LastTerm = 2,
            LastChain = 0xC4A1,
            LastTimeMicros = 1_790_000_000_000_000,
            Members = { Node },
            StateBase = "preload 10,20",
        }, LogDescription.Parser),
    ];

    private static IEnumerable<(string Name, Request Request)> RequestsByName()
    {
        byte[] key = [(byte)'a'], value = [(byte)'b'];
        yield return ("set", Write(KvClient.Encode(Operation.Set, key, value)));
        yield return ("delete", Write(KvClient.Encode(Operation.Delete, key, default)));
        yield return ("compare-and-set", Write(KvClient.EncodeCompareAndSet(key, value, key)));
        yield return ("set-if-absent", Write(KvClient.EncodeCompareAndSet(key, null, key)));
        yield return ("increment", Write(KvClient.EncodeIncrement(key, -7)));
        foreach (ReadMode mode in Enum.GetValues<ReadMode>())
        {
            ByteString get = ByteString.CopyFrom(KvClient.Encode(Operation.Get, key, default));
            yield return ($"get-{mode}", new Request { Id = 1, Read = get, Reads = mode });
        }
        yield return ("status-request", new Request { Id = 1, Status = new StatusRequest() });
        yield return ("remove-member", new Request { Id = 1, RemoveMember = new RemoveMember { Id = "node1" } });
        foreach (Action action in Enum.GetValues<Action>())
        {
            var change = new MemberChange { Action = action, Id = "node1", PeerAddress = "127.0.0.1:12001" };
            yield return (
                $"change-members-{action}",
                new Request { Id = 1, ChangeMembers = new ChangeMembers { Changes = { change } } });
        }
        yield return (
            "transfer-leadership",
            new Request { Id = 1, TransferLeadership = new TransferLeadership { Target = "node1" } });
        foreach (ChangeSession.Types.Action action in Enum.GetValues<ChangeSession.Types.Action>())
        {
            var change = new ChangeSession { Action = action, Session = 300, AcknowledgedBelow = 6 };
            yield return ($"session-{action}", new Request { Id = 1, ChangeSession = change });
        }
    }

    private static Request Write(byte[] command) => new()
    {
        Id = 1,
        Write = ByteString.CopyFrom(command),
        Session = 300,
        Sequence = 7,
        AcknowledgedBelow = 6,
    };

    private static Response ResponseOf(Code code) => new()
    {
        Id = 1,
        Code = code,
        Payload = ByteString.CopyFromUtf8("b"),
        Message = "m",
        Cure = "c",
        Leader = "127.0.0.1:11001",
        Index = 5,
    };

    private static Status StatusOf() => new()
    {
        Id = "node0",
        ClusterId = Cluster(),
        Incarnation = 42,
        Role = "leader",
        Term = 2,
        Leader = "node0",
        CommitIndex = 20,
        AppliedIndex = 20,
        LastIndex = 21,
        DurableIndex = 21,
        Digest = "3c585466cd3fbddb",
        Durable = true,
        Members =
        {
            new MemberStatus
            {
                Member = Node,
                MatchIndex = 19,
                LagEntries = 2,
                RecentlyActive = true,
                LagBytes = 100,
                LagMs = 3,
                WaitsFor = "w",
                Leaving = true,
            },
        },
        ConfigurationIndex = 10,
        Version = "0.4.0",
        UptimeS = 7,
        Counters = { { "chorus_peer_messages_total", 9 } },
        DiskFull = true,
        TransferAddress = "127.0.0.1:14000",
        FeedAddress = "127.0.0.1:16000",
        StateBase = "preload 10,20",
        Sessions = 1,
        SessionDigest = "0123456789abcdef",
        Reads = ReadMode.Lease,
        Lease = true,
        Repair = "r",
    };

    private static ByteString Cluster() => ByteString.CopyFrom(LogTestOptions.Cluster.ToByteArray());

    private static MessageSample Of<T>(string name, T message, MessageParser<T> parser)
        where T : IMessage<T> =>
        new(name, [message.ToByteArray()], frames => parser.ParseFrom(frames[0]).Equals(message));
}
