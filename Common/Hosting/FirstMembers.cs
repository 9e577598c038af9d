using System.Security.Cryptography;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>Who a cluster begins with: its first node alone, or those of a fixed start.</summary>
internal static class FirstMembers
{
    /// <summary>The first configuration.</summary>
    /// <param name="options">What the node runs with.</param>
    /// <param name="self">The node.</param>
    public static Configuration ConfigurationOf(ReplicaHostOptions options, Member self)
    {
        if (options.Peers.Count == 0)
            return new Configuration([self with { Kind = MemberKind.Voter }]);
        // Every node of a fixed start must write the same bytes: so nothing that only the node itself knows.
        return new Configuration(FixedVoters(options).Select(
            voter => new Member(voter.Id, 0, MemberKind.Voter, voter.Address.ToString(), "")));
    }

    /// <summary>
    /// The name of a new cluster. The nodes of a fixed start agree on it without talking: it is a digest of their list.
    /// </summary>
    /// <param name="options">What the node runs with.</param>
    public static Guid ClusterIdOf(ReplicaHostOptions options)
    {
        if (options.Peers.Count == 0)
            return Guid.NewGuid();
        string list = string.Join(';', FixedVoters(options).Select(voter => voter.ToString()))
            + "|" + options.StateBase;
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(list)).AsSpan(0, 16));
    }

    private static IEnumerable<HostPeer> FixedVoters(ReplicaHostOptions options)
    {
        var self = new HostPeer(new NodeId(options.Id), options.AdvertisedPeerEndpoint);
        return options.Peers.Append(self).Distinct().OrderBy(peer => peer.Id);
    }
}
