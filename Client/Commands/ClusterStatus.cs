using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;

namespace Chorus.Client.Commands;

/// <summary>What the members of a cluster say of themselves, put together.</summary>
internal sealed record ClusterStatus
{
    /// <summary>In the order in which they were named, then those that the cluster named.</summary>
    public required IReadOnlyList<NodeStatus> Nodes { get; init; }

    /// <summary>What the observers say of themselves; empty when they were not asked.</summary>
    public IReadOnlyList<LoggerStatus> Loggers { get; init; } = [];

    public IEnumerable<NodeStatus> Answered => Nodes.Where(node => node.Status is not null);

    // A node that has just started may not know its digest yet.
    private IEnumerable<NodeStatus> Settled => Answered.Where(node => node.Status!.Digest.Length > 0);

    /// <summary>The leader of the highest term among those that answered.</summary>
    public NodeStatus? Leader => Answered
        .Where(node => string.Equals(node.Status!.Role, "leader", StringComparison.OrdinalIgnoreCase))
        .MaxBy(node => node.Status!.Term);

    /// <summary>Two nodes that applied the same index and hold different states; null when there are none.</summary>
    public (NodeStatus, NodeStatus)? Divergence
    {
        get
        {
            foreach (IGrouping<ulong, NodeStatus> same in Settled.GroupBy(node => node.Status!.AppliedIndex))
            {
                NodeStatus first = same.First();
                NodeStatus? other = same.FirstOrDefault(node => node.Status!.Digest != first.Status!.Digest);
                if (other is not null)
                    return (first, other);
            }
            return null;
        }
    }

    /// <summary>Asks the named addresses, and then the members that they know of.</summary>
    /// <param name="ask">Asks one address.</param>
    /// <param name="addresses">Whom to ask.</param>
    /// <param name="only">Asks nobody else.</param>
    public static async Task<ClusterStatus> AskAsync(
        Func<string, Task<Status?>> ask, IReadOnlyList<string> addresses, bool only)
    {
        List<NodeStatus> nodes = await AskAllAsync(ask, addresses).ConfigureAwait(false);
        if (!only)
            nodes.AddRange(await AskAllAsync(ask, Unasked(nodes)).ConfigureAwait(false));
        // One node may have been named twice, by two of its names.
        List<NodeStatus> distinct = [.. nodes.DistinctBy(node => node.Status?.Id ?? node.Address)];
        List<Member> members = [.. distinct.SelectMany(Members).Select(member => member.Member).DistinctBy(m => m.Id)];
        return new ClusterStatus { Nodes = [.. distinct.Select(node => Named(node, members, distinct))] };
    }

    /// <summary>What the leader knows of a node's progress; null when there is no leader.</summary>
    public MemberStatus? ProgressOf(NodeStatus node) =>
        Leader is { } leader ? Members(leader).FirstOrDefault(member => member.Member.Id == node.Id) : null;

    /// <summary>Observers as the leader knows them: nobody else hears from them.</summary>
    public IEnumerable<MemberStatus> Observers => Leader is { } leader
        ? Members(leader).Where(member => member.Member.Kind == Member.Types.Kind.Observer)
        : [];

    /// <summary>Observers that anybody names, with their transfer addresses.</summary>
    public IReadOnlyList<(string Id, string Address)> ObserverAddresses =>
    [
        .. from member in (Leader is { } leader ? [leader] : Answered).SelectMany(Members).Select(m => m.Member)
           where member.Kind == Member.Types.Kind.Observer && MemberAddresses.TransferOf(member).Length > 0
           group MemberAddresses.TransferOf(member) by member.Id into named
           select (named.Key, named.First()),
    ];

    private static IEnumerable<MemberStatus> Members(NodeStatus node) => node.Status?.Members ?? [];

    private static List<string> Unasked(List<NodeStatus> nodes)
    {
        HashSet<string> known = [.. nodes.Where(node => node.Status is not null).Select(node => node.Status!.Id)];
        HashSet<string> asked = [.. nodes.Select(node => node.Address)];
        return
        [
            .. nodes.SelectMany(Members).Where(member => !known.Contains(member.Member.Id))
                .Select(member => HostEndpoint.TryParse(member.Member.ClientAddress, out HostEndpoint at, out _)
                    ? at.ToString() : "")
                .Where(address => address.Length > 0 && !asked.Contains(address))
                .Distinct(),
        ];
    }

    private static async Task<List<NodeStatus>> AskAllAsync(
        Func<string, Task<Status?>> ask, IReadOnlyList<string> addresses)
    {
        Status?[] answers = await Task.WhenAll(addresses.Select(ask)).ConfigureAwait(false);
        return [.. addresses.Select((address, i) => new NodeStatus(answers[i]?.Id, address, answers[i]))];
    }

    /// <summary>Gives a node that did not answer the name under which the others know its address.</summary>
    private static NodeStatus Named(NodeStatus node, List<Member> members, List<NodeStatus> nodes)
    {
        if (node.Id is not null)
            return node;
        Member? member = members.FirstOrDefault(member => member.ClientAddress == node.Address
            && nodes.All(other => other.Status?.Id != member.Id));
        return node with { Id = member?.Id };
    }
}
