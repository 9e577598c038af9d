using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Kind = Chorus.Common.Protocol.Member.Types.Kind;
using Member = Chorus.Common.Protocol.Member;

namespace Chorus.Tests.Replica;

/// <summary>What a running replica says to observers that join, leave and report.</summary>
public sealed class ObserverMembershipTests : IDisposable
{
    private const string Address = "127.0.0.1:1";

    private readonly TemporaryDirectory _folder = new();
    private readonly RunningCluster _cluster;
    private readonly ZmqContext _context = new();

    public ObserverMembershipTests() => _cluster = new RunningCluster(_folder.Path, "preload 3,4");

    public void Dispose()
    {
        _cluster.Dispose();
        _context.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_observer_joins_whatever_the_state_began_with_and_learns_who_the_members_are()
    {
        JoinReply reply = Join("log0", 7);
        Assert.Equal(
            [("a", Kind.Voter), ("log0", Kind.Observer)], reply.Members.Select(member => (member.Id, member.Kind)));
        Assert.Equal(16, reply.ClusterId.Length);
        Assert.Equal(reply.Members, Join("log0", 7).Members);
        JoinReply moved = Join("log0", 7, "127.0.0.1:2");
        Assert.Equal("127.0.0.1:2", moved.Members.Single(member => member.Id == "log0").PeerAddress);
    }

    [Fact]
    public void The_kind_of_a_member_never_changes()
    {
        Join("log0", 7);
        Assert.Contains("log0 is a member already, as an observer, and stays one",
            Refusal("log0", 7, kind: Kind.Learner), StringComparison.Ordinal);
        Assert.Contains("log0 is a member already, as an observer", Refusal("log0", 7, kind: Kind.Voter),
            StringComparison.Ordinal);
        Join("b", 8, "127.0.0.1:3", Kind.Learner);
        string refusal = Refusal("b", 8, "127.0.0.1:3");
        Assert.Contains("b is a member already, as a replica, and stays one", refusal, StringComparison.Ordinal);
        Assert.Contains("remove it first (Client members remove b)", refusal, StringComparison.Ordinal);
        Assert.Equal(["Voter", "Learner", "Observer"], Members().Select(member => member.Member.Kind.ToString()));
    }

    [Fact]
    public async Task Another_observer_under_a_known_name_is_refused_until_the_known_one_is_removed()
    {
        Join("log0", 7);
        string refusal = Refusal("log0", 8);
        Assert.Contains("log0 is a member with another data directory", refusal, StringComparison.Ordinal);
        Assert.Contains("Client members remove log0", refusal, StringComparison.Ordinal);
        Assert.Equal(Code.Ok, (await _cluster.Client.RemoveMemberAsync("log0")).Code);
        Assert.Equal(["a"], Members().Select(member => member.Member.Id));
        Join("log0", 8);
        Assert.Equal(8ul, Members()[1].Member.Incarnation);
    }

    [Fact]
    public void Two_observers_do_not_share_an_address_and_a_malformed_one_is_refused()
    {
        Join("log0", 7);
        Assert.Contains($"log0 is a member at the same address {Address}", Refusal("log1", 9),
            StringComparison.Ordinal);
        Assert.Contains("malformed address", Refusal("log1", 9, "nowhere"), StringComparison.Ordinal);
        Assert.Contains("names no valid node", Refusal("log 1", 9), StringComparison.Ordinal);
        Assert.Contains("names no valid node", Refusal("log1", 0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_leader_shows_how_far_an_observer_says_it_is()
    {
        JoinReply reply = Join("log0", 7);
        MemberStatus silent = Members()[1];
        Assert.Equal((0ul, false), (silent.MatchIndex, silent.RecentlyActive));
        Assert.True(silent.LagEntries > 0 && silent.LagBytes >= silent.LagEntries * RecordHeader.SizeBytes);
        await _cluster.SetAsync(0, 50);
        ulong commit = Status().CommitIndex;
        using var transfer = new ZmqTransferClient(_context);
        var clusterId = new Guid(reply.ClusterId.Span);
        Report(transfer, clusterId, 7, commit - 10);
        MemberStatus behind = Members()[1];
        Assert.Equal((commit - 10, 10ul, true), (behind.MatchIndex, behind.LagEntries, behind.RecentlyActive));
        Assert.InRange(behind.LagBytes, 10ul * RecordHeader.SizeBytes, 1000ul);
        Report(transfer, clusterId, 7, commit);
        MemberStatus here = Members()[1];
        Assert.Equal((commit, 0ul, 0ul, 0ul), (here.MatchIndex, here.LagEntries, here.LagBytes, here.LagMs));
        // Another one under its name says nothing of it.
        transfer.TrySend(_cluster.Source.TransferAddress, default, default);
        TransferRequests.TrySendReport(
            transfer, _cluster.Source.TransferAddress, clusterId, new NodeId("log0"), 8, Header(commit + 1));
        Waiting.Until(() => Members()[1].MatchIndex == 0, "the report of another incarnation to be left out");
    }

    [Fact]
    public async Task A_replica_counts_what_it_publishes()
    {
        using var inlet = new ZmqFeedInlet(_context);
        inlet.Follow(_cluster.Source.FeedAddress, FeedInterest.Everything);
        Waiting.Until(() => inlet.TryReceive(out _), "a heartbeat");
        await _cluster.SetAsync(0, 5);
        Waiting.Until(() => Status().Counters["chorus_feed_batches_total"] > 0, "a batch to be counted");
        Assert.Equal(0ul, Status().Counters["chorus_feed_records_skipped_total"]);
        Assert.Equal(0ul, Status().Counters["chorus_feed_watches_refused_total"]);
    }

    private void Report(ZmqTransferClient transfer, Guid clusterId, ulong incarnation, ulong index) => Waiting.Until(
        () =>
        {
            TransferRequests.TrySendReport(
                transfer, _cluster.Source.TransferAddress, clusterId, new NodeId("log0"), incarnation, Header(index));
            return Members()[1].MatchIndex == index;
        },
        $"the report of index {index} to be shown");

    private static RecordHeader Header(ulong index) =>
        new(0, new LogIndex(index), new Term(1), 0, 0, RecordKind.Command);

    [Fact]
    public void An_observer_with_the_record_of_another_cluster_is_told_its_own_flag()
    {
        ChorusException refused = Assert.Throws<ChorusException>(() => Join("log0", 7, cluster: Guid.NewGuid()));
        Assert.Contains("-logfolder", refused.Cure, StringComparison.Ordinal);
    }

    private JoinReply Join(
        string id, ulong incarnation, string address = Address, Kind kind = Kind.Observer, Guid? cluster = null)
    {
        JoinReply reply = new JoinClient(_context, NullLogger.Instance).Join(
            new Endpoint(_cluster.JoinEndpoint.Host, _cluster.JoinEndpoint.Port),
            new JoinRequest
            {
                ProtocolVersion = 1,
                Member = new Member
                {
                    Id = id,
                    Incarnation = incarnation,
                    Kind = kind,
                    PeerAddress = address,
                    ClientAddress = kind == Kind.Observer ? "" : address,
                },
                StateBase = kind == Kind.Observer ? "" : "preload 3,4",
                ClusterId = ByteString.CopyFrom(cluster?.ToByteArray() ?? []),
            },
            CancellationToken.None)!;
        Assert.Equal(Code.Ok, reply.Code);
        return reply;
    }

    private string Refusal(string id, ulong incarnation, string address = Address, Kind kind = Kind.Observer)
    {
        ChorusException refused = Assert.Throws<ChorusException>(() => Join(id, incarnation, address, kind));
        return $"{refused.Message}. {refused.Cure}";
    }

    private Status Status()
    {
        Status? status = _cluster.Client.StatusAsync(_cluster.ClientAddress).Result;
        return Assert.IsType<Status>(status);
    }

    private IReadOnlyList<MemberStatus> Members() => Status().Members;
}
