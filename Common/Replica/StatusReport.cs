using System.Globalization;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Google.Protobuf;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Replica;

/// <summary>Describes a node to those who ask for its status.</summary>
internal sealed class StatusReport(
    ReplicaOptions options, RaftNode node, RecordLog log, Applier applier, IClock clock,
    PeerLink link, IClientTransport clients, ReplicaCounters counters)
{
    private readonly long _startMicros = clock.MonotonicMicros;

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
            Digest = applier.Digest?.ToString("x16", CultureInfo.InvariantCulture) ?? "",
            Durable = options.IsDurable,
            ConfigurationIndex = node.ConfigurationIndex.Value,
            Version = options.Version,
            UptimeS = (ulong)((clock.MonotonicMicros - _startMicros) / 1_000_000),
            DiskFull = log.IsDiskFull,
        };
        foreach (Member member in node.Configuration.Members)
            status.Members.Add(Describe(member, node.Peers));
        foreach (KeyValuePair<string, long> counter in counters.All())
            status.Counters.Add(counter.Key, (ulong)counter.Value);
        status.Counters.Add("chorus_peer_messages_dropped_total", (ulong)link.DroppedTotal);
        status.Counters.Add("chorus_client_frames_dropped_total", (ulong)clients.DroppedTotal);
        return status.ToByteArray();
    }

    /// <summary>A member as it is described to the outside.</summary>
    public static Protocol.Member Describe(Member member) => new()
    {
        Id = member.Id.Value,
        Incarnation = member.Incarnation,
        Kind = member.Kind == MemberKind.Voter ? Protocol.Member.Types.Kind.Voter : Protocol.Member.Types.Kind.Learner,
        PeerAddress = member.PeerAddress,
        ClientAddress = member.ClientAddress,
        Priority = member.Priority,
    };

    private MemberStatus Describe(Member member, IReadOnlyList<PeerStatus> peers)
    {
        Protocol.Member described = Describe(member);
        described.ClientAddress = link.ClientAddressOf(member.Id);
        var status = new MemberStatus { Member = described };
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
        }
        if (node.Role == Role.Leader)
            status.LagEntries = node.LastIndex.Value - Math.Min(status.MatchIndex, node.LastIndex.Value);
        return status;
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
