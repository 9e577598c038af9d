using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Common.Replica;

/// <summary>
/// Takes what operators ask of a cluster: changes of the members, another leader. The leader decides; any other member
/// passes the request on to it and brings back its answer.
/// </summary>
internal sealed class OperatorDesk(
    RaftNode node, MembershipDesk membership, TransferDesk transfers, Forwarding forwarding, PeerLink link)
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

    private static readonly OperatorAnswer NoSuccessor = new(
        Code.Refused, "the leader is among those that would lose their vote, and no other voter that remains answers",
        "Start another voter first; see Client members list");

    /// <summary>Goes on with what waits for a commit or for another leader; called once a round.</summary>
    public void Work()
    {
        transfers.Work();
        membership.Work();
    }

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
            Leader = outcome.Code == Code.NotLeader ? link.ClientAddressOf(node.Leader) : "",
        });
        if (node.Role != Role.Leader)
            answer(OperatorAnswer.NotLeader);
        else if (request.BodyCase == Request.BodyOneofCase.TransferLeadership)
            transfers.Begin(new NodeId(request.TransferLeadership.Target), answer);
        else if (membership.Postpones(() => Decide(request, done), answer))
            return;
        else if (!membership.NeedsOtherLeader(ChangesOf(request), out NodeId successor))
            membership.Change(ChangesOf(request), answer);
        else if (successor.IsNone)
            answer(NoSuccessor);
        else
            // The leader does not take its own vote away: it hands over, and its successor is asked for the change.
            transfers.Begin(successor, outcome => answer(outcome.Code == Code.Ok ? OperatorAnswer.NotLeader : outcome));
    }

    private static IReadOnlyCollection<MemberChange> ChangesOf(Request request) =>
        request.BodyCase == Request.BodyOneofCase.ChangeMembers
            ? request.ChangeMembers.Changes
            : [new MemberChange { Action = MemberChange.Types.Action.Remove, Id = request.RemoveMember.Id }];

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
            Request request = Request.Parser.ParseFrom(bytes);
            return request.BodyCase is Request.BodyOneofCase.RemoveMember or Request.BodyOneofCase.ChangeMembers
                or Request.BodyOneofCase.TransferLeadership ? request : null;
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
                Request.ChangeMembersFieldNumber =>
                    new Request { ChangeMembers = ChangeMembers.Parser.ParseFrom(body) },
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
