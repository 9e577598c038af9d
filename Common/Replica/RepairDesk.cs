using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Common.Replica;

/// <summary>
/// Answers clients while the log of a replica is repaired: says what is going on, and sends everybody to the others.
/// </summary>
/// <param name="options">Who it is.</param>
/// <param name="damaged">What was found.</param>
/// <param name="clients">The client socket.</param>
public sealed class RepairDesk(ReplicaOptions options, DamagedLog damaged, IClientTransport clients)
{
    private const int FramesPerRound = 256;
    private const string Cure = "Ask another member; this one takes part again when its log is whole";

    private readonly Responder _responder = new(clients);

    /// <summary>Answers what has arrived.</summary>
    /// <param name="repair">What is damaged and what is being done, in a sentence.</param>
    public void DoWork(string repair)
    {
        for (int i = 0; i < FramesPerRound; i++)
        {
            if (!clients.TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame))
                break;
            if (TextCommand.IsText(frame))
                Refuse(new ReplyTarget(connection, 0, TextCommandKind.Invalid));
            else
                Answer(connection, frame, repair);
        }
        _responder.Flush();
    }

    private void Answer(ClientConnection connection, ReadOnlySpan<byte> frame, string repair)
    {
        Requests requests;
        try
        {
            requests = Requests.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException)
        {
            return;
        }
        foreach (Request request in requests.Requests_.Take(options.RequestsPerFrameMax))
        {
            var target = new ReplyTarget(connection, request.Id, null);
            if (request.BodyCase != Request.BodyOneofCase.Status)
            {
                Refuse(target);
                continue;
            }
            _responder.Take(connection);
            _responder.Reply(target, Code.Ok, Describe(repair), 0);
        }
    }

    private void Refuse(in ReplyTarget target)
    {
        _responder.Take(target.Connection);
        _responder.Fail(target, Code.NotLeader, $"{options.Id} repairs its log", Cure);
    }

    private byte[] Describe(string repair)
    {
        var status = new Status
        {
            Id = options.Id.Value,
            ClusterId = ByteString.CopyFrom(options.ClusterId.ToByteArray()),
            Incarnation = options.Incarnation,
            Role = "repairing",
            LastIndex = damaged.LastIndex.Value,
            CommitIndex = damaged.Intact.Limit.Index.Value,
            Durable = options.IsDurable,
            Version = options.Version,
            TransferAddress = options.TransferAddress,
            FeedAddress = options.FeedAddress,
            StateBase = options.StateBase,
            Repair = repair,
        };
        foreach (Chorus.Raft.Member member in damaged.Configuration.Members)
            status.Members.Add(new MemberStatus { Member = StatusReport.Describe(member) });
        return status.ToByteArray();
    }
}
