using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Log;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Replica;

public sealed class PeerLinkTests : IDisposable
{
    private static readonly NodeId Self = new("a");
    private static readonly NodeId Other = new("b");

    private readonly RecordingPeers _peers = new();
    private readonly LogDriver _driver = new(new MemoryStorage());
    private readonly PeerLink _link;

    public PeerLinkTests()
    {
        var options = new ReplicaOptions
        {
            Id = Self,
            Incarnation = 1,
            ClusterId = LogTestOptions.Cluster,
            PeerAddress = "127.0.0.1:1",
            ClientAddress = "127.0.0.1:2",
        };
        _link = new PeerLink(_peers, options, _driver.Log);
        _link.Use(new Configuration([new Member(Other, 2, MemberKind.Voter, "127.0.0.1:3", "127.0.0.1:4")]));
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void Entries_that_were_held_back_and_then_truncated_are_not_sent()
    {
        _driver.Append(1, "kept");
        _driver.Append(1, "cut");
        _link.HardStateQueued(1);
        Hold(Entries(1, 1));
        Hold(Entries(2, 1));
        _driver.Log.Truncate(new LogIndex(2));
        _link.Truncate(new LogIndex(2));
        _driver.Append(2, "instead");
        _link.HardStatesDurable(1);
        AppendRequest sent = Assert.IsType<AppendRequest>(Assert.Single(_peers.Sent));
        Assert.Equal(new LogIndex(2), sent.Entries.Until);
    }

    [Fact]
    public void A_disk_that_hangs_holds_back_only_so_many_messages()
    {
        _link.HardStateQueued(1);
        for (ulong round = 1; round <= 5000; round++)
            Hold(new HeartbeatResponse(Self, 1, Other, new Term(1), round, LogIndex.Zero));
        _link.HardStatesDurable(1);
        Assert.Equal(4096, _peers.Sent.Count);
        Assert.Equal(5000ul, Assert.IsType<HeartbeatResponse>(_peers.Sent[^1]).Round);
        Assert.Equal(904, _link.DroppedTotal);
    }

    [Fact]
    public void A_member_that_came_back_at_another_address_is_followed_there_and_an_impostor_is_not()
    {
        _link.Learn(From(incarnation: 9, "127.0.0.1:99"));
        Send();
        _link.Learn(From(incarnation: 2, "127.0.0.1:33"));
        Send();
        Assert.Equal(["127.0.0.1:3", "127.0.0.1:33"], _peers.Addresses);

        static PeerEnvelope From(ulong incarnation, string address) =>
            new(LogTestOptions.Cluster, Other, incarnation, Self, address, "127.0.0.1:44");

        void Send() => _link.Send(
            new Outgoing(new HeartbeatResponse(Self, 1, Other, new Term(1), 1, LogIndex.Zero), AfterHardState: false));
    }

    private static AppendRequest Entries(ulong index, ulong term)
    {
        var first = new LogIndex(index);
        var range = new EntryRange(first, first.Next, [new TermRun(first, new Term(term))], []);
        var previous = index == 1 ? Term.Zero : new Term(term);
        return new AppendRequest(Self, 1, Other, new Term(term), first.Previous, previous, range, LogIndex.Zero);
    }

    private void Hold(Message message) => _link.Send(new Outgoing(message, AfterHardState: true));

    private sealed class RecordingPeers : IPeerTransport
    {
        public List<Message> Sent { get; } = [];

        public List<string> Addresses { get; } = [];

        public long DroppedTotal => 0;

        public bool TryReceive(out PeerFrame frame)
        {
            frame = default;
            return false;
        }

        public void Send(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
        {
            Assert.True(PeerCodec.TryDecode(header, records, out PeerMessage message, out string? error), error);
            Addresses.Add(address);
            Sent.Add(message.Message!);
        }

        public void Retain(IReadOnlyCollection<string> addresses)
        {
        }
    }
}
