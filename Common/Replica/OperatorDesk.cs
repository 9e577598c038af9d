using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Common.Replica;

/// <summary>
/// Takes what operators ask of a cluster: changes of the members, another leader. The leader decides; any other member
/// passes the request on to it and brings back its answer.
/// </summary>
internal sealed class OperatorDesk(
    RaftNode node, MembershipDesk membership, TransferDesk transfers, Forwarding forwarding)
{
    private static readonly Response Malformed = new()
    {
        Code = Code.BadRequest,
        Message = "the request is malformed",
        Cure = "See docs/wire-protocol.md",
    };

    private static readonly Response Unanswered = new()
    {
        Code = Code.OutcomeUnknown,
        Message = "the leader did not answer: the change may or may not have been made",
        Cure = "See Client status, then ask again",
    };

    /// <summary>Takes a request that came from a client.</summary>
    /// <param name="field">Its field in <see cref="Request"/>.</param>
    /// <param name="body">What stands in the field.</param>
    /// <param name="done">Called once, now or later.</param>
    public void Take(int field, ReadOnlySpan<byte> body, Action<Response> done)
    {
        if (Parse(field, body) is not { } request)
            done(Malformed);
        else if (node.Role == Role.Leader || node.Leader.IsNone)
            Decide(request, done);
        else
            forwarding.ToLeader(PeerMessageType.ForwardedRequest, request.ToByteArray(), Answer(done));
    }

    /// <summary>Takes a request that another member passed on. It is not passed on again.</summary>
    public void TakeForwarded(PeerMessage question, ReadOnlySpan<byte> body)
    {
        if (Parse(body) is not { } request)
            forwarding.Answer(question, Malformed.ToByteArray());
        else
            Decide(request, response => forwarding.Answer(question, response.ToByteArray()));
    }

    private void Decide(Request request, Action<Response> done)
    {
        Action<OperatorAnswer> answer = outcome => done(new Response
        {
            Code = outcome.Code,
            Message = outcome.Message,
            Cure = outcome.Cure,
            Payload = ByteString.CopyFromUtf8(outcome.Payload),
        });
        if (node.Role != Role.Leader)
            answer(OperatorAnswer.NotLeader);
        else if (request.BodyCase == Request.BodyOneofCase.RemoveMember)
            membership.Remove(new NodeId(request.RemoveMember.Id), answer);
        else if (request.BodyCase == Request.BodyOneofCase.TransferLeadership)
            transfers.Begin(new NodeId(request.TransferLeadership.Target), answer);
        else
            done(Malformed);
    }

    private static Forwarding.Answered Answer(Action<Response> done) => bytes =>
    {
        try
        {
            done(bytes.IsEmpty ? Unanswered : Response.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException)
        {
            done(Unanswered);
        }
    };

    private static Request? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Request.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static Request? Parse(int field, ReadOnlySpan<byte> body)
    {
        try
        {
            return field switch
            {
                Request.RemoveMemberFieldNumber =>
                    new Request { RemoveMember = RemoveMember.Parser.ParseFrom(body) },
                Request.TransferLeadershipFieldNumber =>
                    new Request { TransferLeadership = TransferLeadership.Parser.ParseFrom(body) },
                _ => null,
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
