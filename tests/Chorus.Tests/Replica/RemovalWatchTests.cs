using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Hosting;
using Google.Protobuf;
using Member = Chorus.Raft.Member;

namespace Chorus.Tests.Replica;

/// <summary>A replica <c>c</c> of a cluster of <c>a</c>, <c>b</c> and <c>c</c> that hears of no leader.</summary>
public sealed class RemovalWatchTests : ITransferClientTransport
{
    private const long Second = 1_000_000;
    private const ulong Named = 10;

    private static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");
    private static readonly Configuration Known = new([Of("a"), Of("b"), Of("c")]);

    private readonly Heard _heard = new();
    private readonly Dictionary<string, LogDescription> _members = [];
    private readonly Queue<(string Address, byte[] Body)> _arriving = new();
    private readonly HashSet<string> _connected = [];
    private readonly RemovalWatch _watch;
    private long _now = 100 * Second;
    private int _asked;

    public RemovalWatchTests() => _watch = new RemovalWatch(new NodeId("c"), 7, Cluster, this, _heard);

    [Fact]
    public void It_says_once_that_it_is_removed_when_a_majority_of_the_voters_no_longer_names_it()
    {
        Configuration left = new([Of("a"), Of("b")]);
        Answer("a", left);
        Pass(2 * Second);
        Assert.Equal(0, _asked);
        Pass(8 * Second);
        Assert.Empty(_heard.Lines);
        Answer("b", left);
        Pass(60 * Second);
        string line = Assert.Single(_heard.Lines);
        Assert.Contains("is no member any more: the cluster has removed it: so say a, b", line);
        Assert.Contains("-join", line, StringComparison.Ordinal);
        Assert.Contains("has removed it", _watch.Removal, StringComparison.Ordinal);
        int asked = _asked;
        Pass(60 * Second);
        Assert.Equal(asked, _asked);
        _watch.Work(new NodeId("a"), Known, new LogIndex(20), _now);
        Assert.Empty(_watch.Removal);
    }

    [Fact]
    public void Who_lags_behind_the_place_where_it_is_named_says_nothing_about_it()
    {
        Configuration before = new([Of("a"), Of("b")]);
        Answer("a", before, last: Named - 1);
        Answer("b", before, last: Named - 1);
        Pass(60 * Second);
        Assert.True(_asked > 10);
        Assert.Empty(_heard.Lines);
    }

    [Fact]
    public void The_newest_configuration_counts_and_it_may_be_the_one_that_names_it()
    {
        Answer("a", new Configuration([Of("a")]), last: 20);
        Answer("b", Known, last: 30);
        Pass(60 * Second);
        Assert.Empty(_heard.Lines);
    }

    [Fact]
    public void Another_data_directory_under_its_name_is_told_apart_from_an_open_seat()
    {
        Answer("a", new Configuration([Of("a"), Of("b"), Of("c", incarnation: 0)]));
        Answer("b", new Configuration([Of("a"), Of("b"), Of("c", incarnation: 0)]));
        Pass(20 * Second);
        Assert.Empty(_heard.Lines);
        Answer("a", new Configuration([Of("a"), Of("b"), Of("c", incarnation: 8)]));
        Answer("b", new Configuration([Of("a"), Of("b"), Of("c", incarnation: 8)]));
        Pass(20 * Second);
        Assert.Contains("given its name to another data directory", Assert.Single(_heard.Lines));
        Assert.DoesNotContain("-join", _heard.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Voters_that_it_does_not_know_are_asked_as_those_name_them_that_it_knows()
    {
        Configuration others = new([Of("d"), Of("e"), Of("f")]);
        Answer("b", others);
        Answer("d", others);
        Answer("e", others);
        Pass(10 * Second);
        Assert.Contains("so say d, e", Assert.Single(_heard.Lines));
    }

    bool ITransferClientTransport.TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        Assert.True(TransferHeader.TryDecode(header, out TransferHeader asked));
        Assert.Equal((TransferMessageType.Describe, Cluster), (asked.Type, asked.ClusterId));
        Assert.NotEqual("c:14000", address);
        // A socket is made at the first attempt and can be written to later.
        if (_connected.Add(address))
            return false;
        _asked++;
        if (_members.TryGetValue(address, out LogDescription? answer))
            _arriving.Enqueue((address, answer.ToByteArray()));
        return true;
    }

    bool ITransferClientTransport.TryReceive(
        out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        bool any = _arriving.TryDequeue(out (string Address, byte[] Body) next);
        byte[] head = new byte[TransferHeader.SizeBytes];
        new TransferHeader { Type = TransferMessageType.Description }.Encode(head);
        (address, header, body) = any ? (next.Address, head, next.Body) : ("", default, default);
        return any;
    }

    void ITransferClientTransport.Disconnect(string address) => _connected.Remove(address);

    private static Member Of(string id, ulong incarnation = 7) =>
        new(new NodeId(id), incarnation, MemberKind.Voter, $"{id}:12000", $"{id}:11000");

    private void Answer(string id, Configuration configuration, ulong last = 20) =>
        _members[$"{id}:14000"] = new LogDescription
        {
            Id = id,
            ClusterId = ByteString.CopyFrom(Cluster.ToByteArray()),
            LastIndex = last,
            Members = { configuration.All.Select(StatusReport.Describe) },
        };

    private void Pass(long micros)
    {
        for (long end = _now + micros; _now < end; _now += 10_000)
            _watch.Work(NodeId.None, Known, new LogIndex(Named), _now);
    }
}
