using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>
/// The way to the peers: encodes, holds back what must wait for the hard state, knows addresses, checks what comes in.
/// </summary>
internal sealed class PeerLink
{
    // Addresses of senders that no configuration names: a few, for a node that has just joined.
    private const int LearnedAddressesMax = 64;

    // A disk that hangs for hours holds back an answer to every heartbeat; who waits does not wait for the oldest.
    private const int HeldMax = 4096;

    private readonly record struct Learned(ulong Incarnation, string Peer, string Client)
    {
        public bool Is(Member member) => member.Incarnation == Incarnation;

        public bool MayBe(Member? member) => member is null || member.Incarnation == 0 || Is(member);
    }

    private readonly IPeerTransport _transport;
    private readonly ReplicaOptions _options;
    private readonly RecordLog _log;
    private readonly Queue<(Message Message, long HardStates)> _held = new();
    private readonly Dictionary<NodeId, Learned> _learned = [];
    private readonly byte[] _header = new byte[PeerCodec.HeaderBytesMax];
    private Configuration _configuration = Configuration.Empty;
    private long _hardStatesQueued;
    private long _hardStatesDurable;
    private long _heldDropped;

    public PeerLink(IPeerTransport transport, ReplicaOptions options, RecordLog log)
    {
        _transport = transport;
        _options = options;
        _log = log;
    }

    /// <summary>Messages lost because a peer was not connected or did not keep up, or the own disk hung.</summary>
    public long DroppedTotal => _transport.DroppedTotal + _heldDropped;

    /// <summary>A hard state has been queued; messages that count on it wait from now on.</summary>
    public void HardStateQueued(long hardStates) => _hardStatesQueued = hardStates;

    /// <summary>So many hard states are durable: what waited for them leaves.</summary>
    public void HardStatesDurable(long hardStates)
    {
        _hardStatesDurable = hardStates;
        while (_held.Count > 0 && _held.Peek().HardStates <= hardStates)
            SendNow(_held.Dequeue().Message);
    }

    /// <summary>Sends a message of the core, or holds it back until it may leave.</summary>
    public void Send(in Outgoing outgoing)
    {
        if (!outgoing.AfterHardState || _hardStatesQueued <= _hardStatesDurable)
        {
            SendNow(outgoing.Message);
            return;
        }
        if (_held.Count == HeldMax)
        {
            _held.Dequeue();
            _heldDropped++;
        }
        _held.Enqueue((outgoing.Message, _hardStatesQueued));
    }

    /// <summary>
    /// The log was truncated: entries held back behind that place are gone, or others stand there, which an old term's
    /// message must not carry.
    /// </summary>
    public void Truncate(LogIndex from) => DropHeld(append => append.Entries.Until > from);

    /// <summary>
    /// The log was cut off before an index: entries held back that stood there can no longer be read. What the receiver
    /// lacks it is told anew.
    /// </summary>
    public void Cut(LogIndex first) => DropHeld(append => append.Entries.Count > 0 && append.Entries.From < first);

    private void DropHeld(Predicate<AppendRequest> isGone)
    {
        for (int i = _held.Count; i > 0; i--)
        {
            (Message Message, long HardStates) held = _held.Dequeue();
            if (held.Message is not AppendRequest append || !isGone(append))
                _held.Enqueue(held);
        }
    }

    /// <summary>Sends a join or a request on to the leader, or its reply back.</summary>
    public void SendForwarded(NodeId to, PeerMessageType type, ulong correlation, ReadOnlySpan<byte> body)
    {
        string address = PeerAddressOf(to);
        if (address.Length == 0)
            return;
        int length = PeerCodec.EncodeForwarded(EnvelopeTo(to), type, correlation, _header);
        _transport.Send(address, _header.AsSpan(0, length), body);
    }

    /// <summary>Client address of a node as far as known; empty otherwise.</summary>
    public string ClientAddressOf(NodeId id)
    {
        if (id.IsNone)
            return "";
        if (id == _options.Id)
            return _options.ClientAddress;
        Member? member = _configuration.Find(id);
        if (!string.IsNullOrEmpty(member?.ClientAddress))
            return member.ClientAddress;
        return _learned.TryGetValue(id, out Learned learned) && learned.MayBe(member) ? learned.Client : "";
    }

    /// <summary>Transfer address of a node as far as known; empty otherwise.</summary>
    public string TransferAddressOf(NodeId id) =>
        _configuration.Find(id) is { } member
            ? MemberAddresses.TransferOf(member)
            : MemberAddresses.TransferOf(new Member(id, 0, MemberKind.Learner, PeerAddressOf(id), ""));

    /// <summary>
    /// Another configuration is active: connections to its members are made now, because a follower first speaks to
    /// the others when the leader has died, and others are not kept. Observers listen to the feed, not to a peer
    /// socket.
    /// </summary>
    public void Use(Configuration configuration)
    {
        _configuration = configuration;
        if (configuration.Members.Count == 0)
            return;
        _transport.Retain([.. configuration.All
            .Where(m => m.Id != _options.Id && m.Kind != MemberKind.Observer).Select(m => m.PeerAddress)]);
    }

    /// <summary>Notes where the sender of a checked message can be reached.</summary>
    public void Learn(PeerEnvelope envelope)
    {
        if (_learned.Count < LearnedAddressesMax || _learned.ContainsKey(envelope.From)
            || _configuration.Find(envelope.From) is not null)
            _learned[envelope.From] = new Learned(
                envelope.FromIncarnation, envelope.PeerAddress, envelope.ClientAddress);
    }

    // A member that came back at another address is followed there: its incarnation proves that it is the same. The
    // configuration learns the new address later, and could not without a quorum.
    private string PeerAddressOf(NodeId id)
    {
        Member? member = _configuration.Find(id);
        if (_learned.TryGetValue(id, out Learned learned) && (member is null || learned.Is(member)))
            return learned.Peer;
        return member?.PeerAddress ?? "";
    }

    private void SendNow(Message message)
    {
        string address = PeerAddressOf(message.To);
        if (address.Length == 0)
            return;
        ReadOnlySpan<byte> records = default;
        if (message is AppendRequest { Entries.Count: > 0 } append)
        {
            records = _log.Read(append.Entries.From, append.Entries.Until, out LogIndex until);
            Check.That(until == append.Entries.Until, "a message's range was made by Fit, so it reads whole");
        }
        int length = PeerCodec.Encode(EnvelopeTo(message.To), message, _header);
        _transport.Send(address, _header.AsSpan(0, length), records);
    }

    private PeerEnvelope EnvelopeTo(NodeId to) => new(
        _options.ClusterId, _options.Id, _options.Incarnation, to, _options.PeerAddress, _options.ClientAddress);
}
