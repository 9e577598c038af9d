using Chorus.Common.Protocol;
using Chorus.Simulation.Network;
using Chorus.Simulation.Nodes;
using Chorus.Simulation.World;
using Google.Protobuf;
using Kind = Chorus.Common.Protocol.Member.Types.Kind;

namespace Chorus.Simulation.Faults;

/// <summary>Sends the operator's requests until somebody carries them out.</summary>
/// <param name="cluster">Who carries them out.</param>
/// <param name="random">Chance.</param>
/// <param name="firstRequest">Number from which on its requests are counted; desks do not share numbers.</param>
internal sealed class AdminDesk(Cluster cluster, SeededRandom random, int firstRequest = 0)
{
    private const long ChangePatienceMicros = 2_000_000;

    private readonly Surroundings _around = cluster.Around;
    private int _requests = firstRequest;

    /// <summary>Asks members to take a node in, until one says that it is done.</summary>
    /// <param name="node">The machine.</param>
    /// <param name="kind">What it wants to be.</param>
    /// <param name="done">Gets the answer.</param>
    public void Join(Machine node, Kind kind, Action<JoinReply> done)
    {
        JoinRequest request = new()
        {
            ProtocolVersion = 1,
            Member = new Member
            {
                Id = node.Name,
                Incarnation = node.Incarnation,
                Kind = kind,
                PeerAddress = node.PeerAddress,
                ClientAddress = node.ClientAddress,
                Priority = 50,
                TransferAddress = node.TransferAddress,
                FeedAddress = node.FeedAddress,
            },
        };
        JoinReply? reply = null;
        Attempt(
            request.ToByteArray(),
            () => Other(node).JoinAddress,
            frame =>
            {
                reply = JoinReply.Parser.ParseFrom(frame);
                return reply.Code == Code.Ok;
            },
            () => done(reply!));
    }

    /// <summary>Asks for a member's removal, until the leader says that it is done.</summary>
    public void Remove(Machine node, Action done)
    {
        Requests frame = new();
        frame.Requests_.Add(new Request { Id = 7, RemoveMember = new RemoveMember { Id = node.Name } });
        string target = Other(node).ClientAddress;
        Attempt(
            frame.ToByteArray(),
            () => Next(ref target, node),
            answer =>
            {
                // The answers to several attempts may come in one frame.
                bool isDone = false;
                foreach (Response response in Responses.Parser.ParseFrom(answer).Responses_)
                {
                    target = response.Leader.Length > 0 ? response.Leader : Other(node).ClientAddress;
                    // The leader cannot be removed: as the answer says, it is stopped first.
                    if (response.Code == Code.BadRequest && node is SimulatedNode { IsLeader: true } leader)
                        StopForAWhile(leader);
                    isDone |= response.Code is Code.Ok or Code.NotFound;
                }
                return isDone;
            },
            done);
    }

    /// <summary>
    /// Asks for several changes at once, until somebody has made them or says that they make no sense; what is refused
    /// for the time being is given up after a while.
    /// </summary>
    public void Change(IEnumerable<MemberChange> changes, Action<Code> done)
    {
        Requests frame = new();
        frame.Requests_.Add(new Request { Id = 9, ChangeMembers = new ChangeMembers { Changes = { changes } } });
        long deadline = _around.Events.Now + ChangePatienceMicros;
        Code last = Code.Ok;
        Attempt(
            frame.ToByteArray(),
            () => random.Pick(cluster.Nodes).ClientAddress,
            answer =>
            {
                foreach (Response response in Responses.Parser.ParseFrom(answer).Responses_)
                {
                    last = response.Code;
                    if (last is Code.Ok or Code.NotFound or Code.BadRequest)
                        return true;
                }
                return _around.Events.Now >= deadline;
            },
            () => done(last));
    }

    /// <summary>Asks anybody, once, that another node should lead.</summary>
    public void HandOver(string target, Action done)
    {
        Requests frame = new();
        frame.Requests_.Add(new Request { Id = 8, TransferLeadership = new TransferLeadership { Target = target } });
        string address = $"{Operator.Machine}:{++_requests}";
        _around.Network.Open(address, new Inbox(answer =>
        {
            if (Responses.Parser.ParseFrom(answer).Responses_.Any(response => response.Code == Code.Ok))
                done();
        }));
        _around.Network.SendForClient(
            Operator.Machine, address, random.Pick(cluster.Nodes).ClientAddress, frame.ToByteArray());
    }

    // Who does not answer may be gone for good: the next attempt goes elsewhere.
    private string Next(ref string target, Machine node)
    {
        string now = target;
        target = Other(node).ClientAddress;
        return now;
    }

    private void StopForAWhile(SimulatedNode node)
    {
        node.Kill();
        _around.Events.After(_around.Plan.ElectionMicros * 6, node.Start);
    }

    private SimulatedNode Other(Machine node)
    {
        List<SimulatedNode> others = [.. cluster.Nodes.Where(other => other != node && !other.IsRetired)];
        return others.Count > 0 ? random.Pick(others) : cluster.Nodes[0];
    }

    private void Attempt(byte[] frame, Func<string> target, Func<byte[], bool> isDone, Action done)
    {
        string address = $"{Operator.Machine}:{++_requests}";
        bool isOver = false;
        var inbox = new Inbox(answer =>
        {
            if (isOver || !isDone(answer))
                return;
            isOver = true;
            done();
        });
        _around.Network.Open(address, inbox);
        Try();

        void Try()
        {
            if (isOver)
                return;
            _around.Network.SendForClient(Operator.Machine, address, target(), frame);
            _around.Events.After(30_000 + random.Exponential(_around.Plan.ElectionMicros), Try);
        }
    }

    private sealed class Inbox(Action<byte[]> answered) : IEndpoint
    {
        public void Arrive(string sender, byte[] first, byte[] second) => answered(first);
    }
}
