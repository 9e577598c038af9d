using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// Takes requests from clients: writes go into the log, reads to the core, the rest is answered here.
/// </summary>
internal sealed class ClientDesk(
    ReplicaOptions options, RaftNode node, Proposals proposals, SessionDoor door, IStateMachine stateMachine,
    IClientTransport clients, Responder responder, Applier applier, OperatorDesk operators, StatusReport report,
    PeerLink link, IClock clock, ReplicaCounters counters, ILogger logger)
{
    private const string Later = "Try again later";

    // Fields of Request in chorus.proto.
    private const int IdField = 1;
    private const int WriteField = 2;
    private const int ReadField = 3;
    private const int StatusField = 4;
    private const int RemoveMemberField = Request.RemoveMemberFieldNumber;
    private const int ChangeField = Request.ChangeMembersFieldNumber;
    private const int TransferField = Request.TransferLeadershipFieldNumber;
    private const int ReadsField = Request.ReadsFieldNumber;
    private const int ChangeSessionField = Request.ChangeSessionFieldNumber;
    private const int SessionField = Request.SessionFieldNumber;
    private const int SequenceField = Request.SequenceFieldNumber;
    private const int AcknowledgedBelowField = Request.AcknowledgedBelowFieldNumber;

    // What operators ask, found among the requests of a round: done behind its commands, which stand in the log as they
    // come.
    private readonly List<(ReplyTarget Target, int Field, byte[] Body)> _operations = [];
    private readonly HeldWrites _held = new(options.QueryBytesMax);
    private readonly ArrayBufferWriter<byte> _command = new();
    private byte[]? _status;
    private bool _saidMalformed;

    /// <summary>Takes what has arrived on the client socket. Commands are appended to the log as they come.</summary>
    /// <returns>Whether more may be waiting.</returns>
    public bool Receive(ref bool worked)
    {
        _status = null;
        ReleaseHeld();
        bool left = ReceiveFrames(ref worked);
        foreach ((ReplyTarget target, int asked, byte[] body) in _operations)
            operators.Take(asked, body, response => Answer(target, response));
        _operations.Clear();
        return left;
    }

    /// <summary>Whether writes wait for the leadership to be handed over.</summary>
    public bool HoldsWrites => _held.Count > 0;

    // Until the next leader is known, a client that is sent away could only ask around.
    private void ReleaseHeld()
    {
        long patienceMicros = 3 * options.TickMicros * options.Raft.ElectionTimeoutTicks;
        bool isSettled = node.Role == Role.Leader || !node.Leader.IsNone
            || clock.MonotonicMicros - _held.SinceMicros > patienceMicros;
        if (!node.TransferTarget.IsNone || !isSettled)
            return;
        while (_held.TryTake(out ReplyTarget target, out SessionEnvelope envelope, out byte[] command))
            Write(target, envelope, command);
    }

    private void Answer(in ReplyTarget target, Response response)
    {
        if (response.Code == Code.Ok)
            responder.Reply(target, Code.Ok, response.Payload.Span, 0);
        else
            responder.Fail(target, response.Code, response.Message, response.Cure, response.Leader);
    }

    private bool ReceiveFrames(ref bool worked)
    {
        // However large the frames are that a client sends: heartbeats must not wait long.
        long requestsMax = counters.Requests + options.RequestsPerRound;
        long bytes = 0;
        for (int i = 0; i < options.FramesPerRound; i++)
        {
            if (counters.Requests >= requestsMax || bytes >= options.ClientBytesPerRound)
                break;
            if (!clients.TryReceive(out ClientConnection connection, out ReadOnlySpan<byte> frame))
                return false;
            worked = true;
            bytes += frame.Length;
            if (TextCommand.IsText(frame))
                ReceiveText(connection, frame);
            else
                ReceiveRequests(connection, frame);
        }
        return true;
    }

    private void ReceiveText(ClientConnection connection, ReadOnlySpan<byte> frame)
    {
        _command.ResetWrittenCount();
        TextCommandKind kind = TextCommand.Parse(frame, _command, out string message, out string cure);
        var target = new ReplyTarget(connection, 0, kind);
        if (!TryTake(target))
            return;
        if (kind == TextCommandKind.Invalid)
            responder.Fail(target, Code.BadRequest, message, cure);
        else if (kind == TextCommandKind.Write)
            Write(target, default, _command.WrittenSpan);
        else
            Read(target, _command.WrittenSpan, options.Reads);
    }

    private void ReceiveRequests(ClientConnection connection, ReadOnlySpan<byte> frame)
    {
        var reader = new WireReader(frame);
        int taken = 0;
        while (reader.Read())
        {
            if (reader.Field != 1 || !reader.IsDelimited)
                continue;
            if (taken++ == options.RequestsPerFrameMax)
            {
                Reject(connection, $"the frame has more than {options.RequestsPerFrameMax} requests; none behind them "
                    + "was taken", "Send fewer in one frame");
                return;
            }
            ReceiveRequest(connection, reader.Bytes);
        }
        if (!reader.IsMalformed && taken > 0)
            return;
        counters.ClientFramesMalformed++;
        if (!_saidMalformed)
            logger.ClientFrameDropped(options.Id, "it is neither a Requests message nor a text command");
        _saidMalformed = true;
        if (taken == 0)
            Reject(connection, "the frame is neither a Requests message nor a text command",
                "See docs/wire-protocol.md");
    }

    // A peer that waits for an answer, as REQ does, gets one: id 0 stands for "the frame itself".
    private void Reject(ClientConnection connection, string message, string cure)
    {
        counters.Requests++;
        responder.Take(connection);
        responder.Fail(new ReplyTarget(connection, 0, null), Code.BadRequest, message, cure);
    }

    private void ReceiveRequest(ClientConnection connection, ReadOnlySpan<byte> request)
    {
        ulong id = 0;
        int field = 0;
        ulong reads = 0;
        ReadOnlySpan<byte> body = default;
        SessionEnvelope envelope = default;
        var reader = new WireReader(request);
        while (reader.Read())
        {
            if (reader.Field == IdField && !reader.IsDelimited)
                id = reader.Number;
            else if (reader.Field == ReadsField && !reader.IsDelimited)
                reads = reader.Number;
            else if (IsBody(reader.Field) && reader.IsDelimited)
            {
                field = reader.Field;
                body = reader.Bytes;
            }
            else if (!reader.IsDelimited)
                envelope = WithField(envelope, reader.Field, reader.Number);
        }
        var target = new ReplyTarget(connection, id, null);
        if (!TryTake(target))
            return;
        if (reader.IsMalformed)
            responder.Fail(target, Code.BadRequest, "the request is malformed", "See docs/wire-protocol.md");
        else if (field == WriteField)
            Write(target, envelope, body);
        else if (field == ReadField)
            Read(target, body, reads == 0 ? options.Reads : (ReadMode)Math.Min(reads, int.MaxValue));
        else if (field == StatusField)
            responder.Reply(target, Code.Ok, _status ??= report.Make(), 0);
        else if (field is RemoveMemberField or ChangeField or TransferField)
            _operations.Add((target, field, body.ToArray()));
        else if (field == ChangeSessionField)
            ChangeSession(target, body);
        else
            responder.Fail(target, Code.BadRequest, "the request asks for nothing that this version knows",
                "See docs/wire-protocol.md");
    }

    private static bool IsBody(int field) =>
        field is WriteField or ReadField or StatusField or RemoveMemberField or ChangeField
            or TransferField or ChangeSessionField;

    private bool TryTake(in ReplyTarget target)
    {
        counters.Requests++;
        responder.Take(target.Connection);
        if (responder.Outstanding <= options.OutstandingRequestsMax)
            return true;
        counters.RequestsOverloaded++;
        responder.Fail(target, Code.Overloaded, "too many requests are waiting", Later);
        return false;
    }

    private void Write(in ReplyTarget target, in SessionEnvelope envelope, ReadOnlySpan<byte> command)
    {
        if (!CheckLeader(target))
            return;
        Code code = stateMachine.Validate(command, out string message);
        if (code != Code.Ok)
        {
            responder.Fail(target, code, message);
            return;
        }
        if (!node.TransferTarget.IsNone)
        {
            if (!_held.TryAdd(target, envelope, command, clock.MonotonicMicros))
                responder.Fail(target, Code.Overloaded, "too many writes wait for the next leader", Later);
            return;
        }
        if (envelope != default)
            door.Write(target, envelope, command);
        else if (proposals.HasRoom(target, command.Length + RecordHeader.SizeBytes))
            proposals.Await(proposals.Append(RecordKind.Command, clock.UnixMicros, command), target);
    }

    private void ChangeSession(in ReplyTarget target, ReadOnlySpan<byte> body)
    {
        if (!CheckLeader(target))
            return;
        SessionEnvelope named = default;
        var action = SessionAction.Open;
        var reader = new WireReader(body);
        while (reader.Read())
        {
            if (reader.Field == Protocol.ChangeSession.ActionFieldNumber && !reader.IsDelimited)
                action = (SessionAction)Math.Min(reader.Number + (ulong)SessionAction.Open, byte.MaxValue);
            else if (!reader.IsDelimited)
                named = WithField(named, reader.Field, reader.Number);
        }
        door.Change(target, action, named.Session, named.AcknowledgedBelow);
    }

    // The fields have the same numbers in ChangeSession as in Request.
    private static SessionEnvelope WithField(in SessionEnvelope envelope, int field, ulong number) => field switch
    {
        SessionField => envelope with { Session = number },
        SequenceField => envelope with { Sequence = number },
        AcknowledgedBelowField => envelope with { AcknowledgedBelow = number },
        _ => envelope,
    };

    private void Read(in ReplyTarget target, ReadOnlySpan<byte> query, ReadMode mode)
    {
        if (mode is < ReadMode.Index or > ReadMode.Stale)
        {
            responder.Fail(target, Code.BadRequest, $"this version knows no kind of reads with the number {mode:D}",
                "See docs/wire-protocol.md");
            return;
        }
        if (applier.Reads.Bytes + query.Length > options.QueryBytesMax)
        {
            responder.Fail(target, Code.Overloaded, "too many queries are waiting", Later);
            return;
        }
        if (mode == ReadMode.Stale)
        {
            applier.Reads.AddStale(target, query);
            return;
        }
        ReadKind kind = mode switch
        {
            ReadMode.Lease => ReadKind.Lease,
            ReadMode.Log => ReadKind.Log,
            _ => ReadKind.Index,
        };
        if (kind == ReadKind.Log && !proposals.HasRoom(target, RecordHeader.SizeBytes))
            return;
        if (node.TryRead(kind, out ulong ticket))
            applier.Reads.Add(kind, ticket, target, query);
        else
            RefuseAsNotLeader(target);
    }

    private bool CheckLeader(in ReplyTarget target)
    {
        if (node.Role == Role.Leader)
            return true;
        RefuseAsNotLeader(target);
        return false;
    }

    private void RefuseAsNotLeader(in ReplyTarget target)
    {
        string leader = link.ClientAddressOf(node.Leader);
        if (leader.Length == 0)
            responder.Fail(target, Code.NotLeader, "there is no leader at the moment", Later);
        else
            responder.Fail(target, Code.NotLeader, $"{options.Id} is not the leader", $"Send it to {leader}", leader);
    }
}
