using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>
/// Takes join requests, on the join socket or passed on by another member, and answers when they are committed.
/// </summary>
internal sealed class JoinDesk(
    ReplicaOptions options, RaftNode node, IClientTransport? joins, Forwarding forwarding, MembershipDesk membership)
{
    /// <summary>Version of the join protocol.</summary>
    private const uint ProtocolVersion = 1;

    private const int FramesPerRound = 16;

    /// <summary>Takes what has arrived on the join socket.</summary>
    public bool Receive()
    {
        bool worked = false;
        for (int i = 0; joins is not null && i < FramesPerRound; i++)
        {
            if (!joins.TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame))
                break;
            worked = true;
            if (node.Role == Role.Leader)
                Decide(frame, reply => joins.Send(connection, reply));
            else if (node.Leader.IsNone)
                joins.Send(connection, Refusal(Code.NotLeader, "the cluster has no leader at the moment", "Try again"));
            else
                forwarding.ToLeader(PeerMessageType.ForwardedJoin, frame, reply => Return(connection, reply));
        }
        return worked;
    }

    /// <summary>Takes a join that another member passed on.</summary>
    public void TakeForwarded(PeerMessage question, ReadOnlySpan<byte> body) =>
        Decide(body, reply => forwarding.Answer(question, reply));

    // Without an answer the node that joins asks again.
    private void Return(ClientConnection connection, ReadOnlySpan<byte> reply)
    {
        if (!reply.IsEmpty)
            joins?.Send(connection, reply);
    }

    private void Decide(ReadOnlySpan<byte> frame, Action<byte[]> answer)
    {
        JoinRequest request;
        try
        {
            request = JoinRequest.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException)
        {
            answer(Refusal(Code.BadRequest, "this is not a join request",
                "Join with Kvstore -join, or see docs/wire-protocol.md"));
            return;
        }
        if (Objection(request) is { } objection)
        {
            answer(Refusal(objection.Code, objection.Message, objection.Cure));
            return;
        }
        var wanted = new Member(
            new NodeId(request.Member.Id), request.Member.Incarnation,
            IsObserver(request.Member) ? MemberKind.Observer : MemberKind.Learner, request.Member.PeerAddress,
            request.Member.ClientAddress, (byte)request.Member.Priority, request.Member.TransferAddress,
            request.Member.FeedAddress);
        membership.Add(wanted, outcome => answer(
            outcome.Code == Code.Ok ? Welcome() : Refusal(outcome.Code, outcome.Message, outcome.Cure)));
    }

    private OperatorAnswer? Objection(JoinRequest request)
    {
        if (request.ProtocolVersion != ProtocolVersion)
        {
            return new(Code.BadRequest,
                $"the node speaks version {request.ProtocolVersion} of the join protocol, this cluster version "
                    + $"{ProtocolVersion}",
                "Install the same version of Chorus on both");
        }
        if (request.Member is not { } member || !NodeId.IsValid(member.Id) || member.Incarnation == 0)
            return new(Code.BadRequest, "the request names no valid node",
                "Give it a name with -id: 1 to 64 of A-Z a-z 0-9 . _ -");
        // Nobody asks an observer anything: it has no client socket.
        bool isSound = AddressText.IsReachable(member.PeerAddress)
            && (IsObserver(member) || AddressText.IsReachable(member.ClientAddress))
            && (member.TransferAddress.Length == 0 || AddressText.IsReachable(member.TransferAddress))
            && (member.FeedAddress.Length == 0 || AddressText.IsReachable(member.FeedAddress));
        if (!isSound || member.Priority > 100)
            return new(Code.BadRequest, "the request has a malformed address or priority",
                "Check -raft, -port, -hrecov, -feed and -priority");
        if (!request.ClusterId.IsEmpty && !request.ClusterId.Span.SequenceEqual(options.ClusterId.ToByteArray()))
        {
            return new(Code.BadRequest, $"{member.Id} has the data of another cluster",
                $"Start it with another {(IsObserver(member) ? "-logfolder" : "-data directory")}, or join it to its "
                    + "own cluster");
        }
        if (!IsObserver(member) && request.StateBase != options.StateBase)
        {
            return new(Code.BadRequest,
                $"{member.Id} starts from '{request.StateBase}', this cluster from '{options.StateBase}'",
                "Start it with the same -preload, or -slots and -slotsize, as the other members");
        }
        return null;
    }

    private static bool IsObserver(Protocol.Member member) => member.Kind == Protocol.Member.Types.Kind.Observer;

    private byte[] Welcome()
    {
        var reply = new JoinReply
        {
            Code = Code.Ok,
            ClusterId = ByteString.CopyFrom(options.ClusterId.ToByteArray()),
            StateBase = options.StateBase,
        };
        foreach (Member member in node.Configuration.Members)
            reply.Members.Add(StatusReport.Describe(member));
        return reply.ToByteArray();
    }

    private static byte[] Refusal(Code code, string message, string cure) =>
        new JoinReply { Code = code, Message = message, Cure = cure }.ToByteArray();
}
