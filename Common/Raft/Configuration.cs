namespace Chorus.Raft;

/// <summary>
/// The members of a cluster. Immutable; active on a node from the moment it stands in that node's log.
/// </summary>
/// <remarks>
/// Raft §4.1 (dissertation): one member is added, removed or changed at a time, so any two majorities of
/// neighbouring configurations meet. Members are kept ordered by id: nothing replicated depends on hash
/// order.
/// </remarks>
public sealed class Configuration
{
    /// <summary>Nobody: a node that has not heard of a cluster yet.</summary>
    public static readonly Configuration Empty = new([]);

    /// <summary>Most members of a cluster, of all kinds.</summary>
    public const int MembersMax = 64;

    private readonly Member[] _members;

    /// <summary>Makes a configuration.</summary>
    /// <param name="members">Members in any order, with distinct ids.</param>
    public Configuration(IEnumerable<Member> members)
    {
        _members = [.. members.OrderBy(m => m.Id)];
        for (int i = 1; i < _members.Length; i++)
            Check.That(_members[i - 1].Id != _members[i].Id, "a member stands twice in the configuration");
        Voters = [.. _members.Where(m => m.Kind == MemberKind.Voter).Select(m => m.Id)];
    }

    /// <summary>All members, ordered by id.</summary>
    public IReadOnlyList<Member> Members => _members;

    /// <summary>Ids of the voters, ordered.</summary>
    public IReadOnlyList<NodeId> Voters { get; }

    /// <summary>Finds a member by name; null when there is none.</summary>
    public Member? Find(NodeId id)
    {
        foreach (Member member in _members)
        {
            if (member.Id == id)
                return member;
        }
        return null;
    }

    /// <summary>Whether a node is a voter here.</summary>
    public bool IsVoter(NodeId id) => Find(id) is { Kind: MemberKind.Voter };

    /// <summary>Whether a node is an observer here: then the core neither sends to it nor listens to it.</summary>
    public bool IsObserver(NodeId id) => Find(id) is { Kind: MemberKind.Observer };

    /// <summary>A configuration with one member put in or replaced by id.</summary>
    public Configuration With(Member member) =>
        new([.. _members.Where(m => m.Id != member.Id), member]);

    /// <summary>A configuration without one member.</summary>
    public Configuration Without(NodeId id) => new(_members.Where(m => m.Id != id));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Join(", ", _members.Select(m => $"{m.Id} ({m.Kind.ToString().ToLowerInvariant()})"));
}
