using System.Globalization;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>Describes a node to those who ask for its status.</summary>
internal sealed class StatusReport(
    ReplicaOptions options, RaftNode node, RecordLog log, Applier applier, ReplicaPorts ports, PeerLink link,
    ReplicaCounters counters, RemovalWatch? removal)
{
    // An observer reports at least every second.
    private const long ReportPatienceMicros = 2_500_000;

    private const string LossText =
        "its log has lost entries: it neither votes nor acknowledges before it has what the cluster has committed";

    private readonly IClock _clock = ports.Clock;
    private readonly long _startMicros = ports.Clock.MonotonicMicros;

    /// <summary>The status as of now, serialized.</summary>
    public byte[] Make()
    {
        var status = new Status
        {
            Id = options.Id.Value,
            ClusterId = ByteString.CopyFrom(options.ClusterId.ToByteArray()),
            Incarnation = options.Incarnation,
            Role = RoleName(),
            Term = node.Term.Value,
            Leader = node.Leader.IsNone ? "" : node.Leader.Value,
            CommitIndex = node.Commit.Value,
            AppliedIndex = applier.AppliedIndex.Value,
            LastIndex = node.LastIndex.Value,
            DurableIndex = node.DurableIndex.Value,
            Digest = applier.Digest.ToString("x16", CultureInfo.InvariantCulture),
            Sessions = (ulong)applier.Sessions.Count,
            SessionDigest = applier.Sessions.Digest.ToString("x16", CultureInfo.InvariantCulture),
            Durable = options.IsDurable,
            ConfigurationIndex = node.ConfigurationIndex.Value,
            Version = options.Version,
            UptimeS = (ulong)((_clock.MonotonicMicros - _startMicros) / 1_000_000),
            DiskFull = log.IsDiskFull,
            TransferAddress = options.TransferAddress,
            FeedAddress = options.FeedAddress,
            StateBase = options.StateBase,
            Reads = options.Reads,
            Lease = node.LeaseEndMicros > _clock.MonotonicMicros,
            Repair = node.HasLostEntries ? LossText : removal?.Removal ?? "",
        };
        foreach (Member member in node.Configuration.All)
            status.Members.Add(Describe(member, node.Peers));
        foreach (KeyValuePair<string, long> counter in counters.All())
            status.Counters.Add(counter.Key, (ulong)counter.Value);
        status.Counters.Add("chorus_peer_messages_dropped_total", (ulong)link.DroppedTotal);
        status.Counters.Add("chorus_client_frames_dropped_total", (ulong)ports.Clients.DroppedTotal);
        return status.ToByteArray();
    }

    /// <summary>A member as it is described to the outside.</summary>
    public static Protocol.Member Describe(Member member) => new()
    {
        Id = member.Id.Value,
        Incarnation = member.Incarnation,
        Kind = (Protocol.Member.Types.Kind)member.Kind,
        PeerAddress = member.PeerAddress,
        ClientAddress = member.ClientAddress,
        Priority = member.Priority,
        TransferAddress = member.TransferAddress,
        FeedAddress = member.FeedAddress,
        Held = member.IsHeld,
    };

    private MemberStatus Describe(Member member, IReadOnlyList<PeerStatus> peers)
    {
        Protocol.Member described = Describe(member);
        described.ClientAddress = link.ClientAddressOf(member.Id);
        var status = new MemberStatus
        {
            Member = described,
            Leaving = node.Configuration.Previous is not null && !node.Configuration.Members.Contains(member),
        };
        if (member.Id == options.Id)
        {
            status.MatchIndex = node.DurableIndex.Value;
            status.RecentlyActive = true;
        }
        foreach (PeerStatus peer in peers)
        {
            if (peer.Id != member.Id)
                continue;
            status.MatchIndex = peer.Match.Value;
            status.RecentlyActive = peer.RecentlyActive;
            status.WaitsFor = Text(peer);
        }
        if (member.Kind == MemberKind.Observer && ports.Reports?.Find(member) is { } report)
        {
            status.MatchIndex = report.DurableIndex.Value;
            status.RecentlyActive = _clock.MonotonicMicros - report.ReceivedAtMicros < ReportPatienceMicros;
        }
        if (node.Role == Role.Leader)
            AddLag(status, member.Kind == MemberKind.Observer ? node.Commit : node.LastIndex);
        return status;
    }

    private string Text(in PeerStatus peer) => peer.Wait switch
    {
        PromotionWait.Held => $"held back: Client members promote {peer.Id}",
        PromotionWait.FirstContact => "not heard from yet: start it with -join",
        PromotionWait.Answer => "does not answer",
        PromotionWait.Entries => string.Create(
            CultureInfo.InvariantCulture,
            $"{node.LastIndex.Value - peer.Match.Value} entries behind, votes at {options.Raft.PromotionLagEntries}"),
        PromotionWait.OtherChange => "another change of the members is under way",
        _ => "",
    };

    /// <summary>How far a member is behind the end that it can have: an observer hears only what is
    /// committed.</summary>
    private void AddLag(MemberStatus status, LogIndex end)
    {
        var match = new LogIndex(Math.Min(status.MatchIndex, end.Value));
        if (match == end)
            return;
        status.LagEntries = end.Value - match.Value;
        status.LagBytes = (ulong)log.BytesBetween(match.Next, end.Next);
        // The first entry of a cluster bears no time: of a member that lacks it, or was not heard yet, none is told.
        long since = log.TimeAt(match.Next);
        status.LagMs = since == 0 ? 0 : (ulong)Math.Max(1, (log.TimeAt(end) - since) / 1_000);
    }

    private string RoleName()
    {
        if (node.Role == Role.Follower && node.Configuration.Find(options.Id) is { Kind: MemberKind.Learner })
            return "learner";
        return node.Role switch
        {
            Role.Leader => "leader",
            Role.Candidate => "candidate",
            Role.PreCandidate => "pre-candidate",
            _ => "follower",
        };
    }
}
