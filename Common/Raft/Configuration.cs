namespace Chorus.Raft;

/// <summary>
/// The members of a cluster. Immutable; active on a node from the moment it stands in that node's log.
/// </summary>
/// <remarks>
/// Raft §6. A joint configuration C_old,new stands between two whose voters differ by more than one: while it is in
/// force, a majority of the voters of each of the two is needed for every decision, counted apart. Members are kept
/// ordered by id: nothing replicated depends on hash order.
/// </remarks>
public sealed class Configuration
{
    /// <summary>Nobody: a node that has not heard of a cluster yet.</summary>
    public static readonly Configuration Empty = new([]);

    /// <summary>Most members of a cluster, of all kinds; in a joint configuration both halves together.</summary>
    public const int MembersMax = 64;

    private readonly Member[] _members;
    private readonly Member[] _all;

    /// <summary>Makes a configuration.</summary>
    /// <param name="members">Members in any order, with distinct ids.</param>
    public Configuration(IEnumerable<Member> members)
        : this(members, null)
    {
    }

    private Configuration(IEnumerable<Member> members, Configuration? previous)
    {
        _members = [.. members.OrderBy(m => m.Id)];
        for (int i = 1; i < _members.Length; i++)
            Check.That(_members[i - 1].Id != _members[i].Id, "a member stands twice in the configuration");
        Previous = previous;
        _all = previous is null
            ? _members
            : [.. _members.Concat(previous._members.Where(m => _members.All(n => n.Id != m.Id))).OrderBy(m => m.Id)];
        Voters = [.. _members.Where(m => m.Kind == MemberKind.Voter).Select(m => m.Id)];
        AllVoters = [.. _all.Where(m => IsTargetVoter(m.Id) || IsPreviousVoter(m.Id)).Select(m => m.Id)];
    }

    /// <summary>Makes C_old,new: the way from one configuration to another.</summary>
    public static Configuration Joint(Configuration previous, Configuration target)
    {
        Check.That(!previous.IsJoint && !target.IsJoint, "a joint configuration has two plain halves");
        return new Configuration(target._members, previous);
    }

    /// <summary>The members, ordered by id; of a joint configuration those that remain (C_new).</summary>
    public IReadOnlyList<Member> Members => _members;

    /// <summary>The members, and those that a joint configuration is about to leave behind; ordered by id.</summary>
    public IReadOnlyList<Member> All => _all;

    /// <summary>C_old, while this is a joint configuration; null otherwise.</summary>
    public Configuration? Previous { get; }

    /// <summary>Whether this is C_old,new.</summary>
    public bool IsJoint => Previous is not null;

    /// <summary>What a joint configuration leads to; any other is its own target.</summary>
    public Configuration Target => IsJoint ? new Configuration(_members) : this;

    /// <summary>Ids of the voters among <see cref="Members"/>, ordered.</summary>
    public IReadOnlyList<NodeId> Voters { get; }

    /// <summary>Ids of all whose vote counts, in either half; ordered.</summary>
    public IReadOnlyList<NodeId> AllVoters { get; }

    /// <summary>
    /// Finds a member by name, first among those that remain, then among those that leave; null when there is none.
    /// </summary>
    public Member? Find(NodeId id) => Find(_all, id);

    /// <summary>Whether a node's vote counts here, in either half.</summary>
    public bool IsVoter(NodeId id) => IsTargetVoter(id) || IsPreviousVoter(id);

    /// <summary>Whether a node is a voter among those that remain.</summary>
    public bool IsTargetVoter(NodeId id) => Find(_members, id) is { Kind: MemberKind.Voter };

    /// <summary>
    /// Whether a node is a voter of C_old and still the same: whoever takes its seat with another data directory has
    /// not promised what the old one did (trap 18), so that seat is silent.
    /// </summary>
    public bool IsPreviousVoter(NodeId id) =>
        Previous?.Find(id) is { Kind: MemberKind.Voter } old
        && (old.Incarnation == 0 || old.Incarnation == Find(id)?.Incarnation);

    /// <summary>Whether a node alone decides everything here.</summary>
    public bool IsOnlyVoter(NodeId id) =>
        Voters.Count == 1 && Voters[0] == id && (Previous is null || Previous.IsOnlyVoter(id));

    /// <summary>Whether a node is an observer here: then the core neither sends to it nor listens to it.</summary>
    public bool IsObserver(NodeId id) => Find(id) is { Kind: MemberKind.Observer };

    /// <summary>A plain configuration with one member put in or replaced by id.</summary>
    public Configuration With(Member member) =>
        new([.. _members.Where(m => m.Id != member.Id), member]);

    /// <summary>A plain configuration without one member.</summary>
    public Configuration Without(NodeId id) => new(_members.Where(m => m.Id != id));

    /// <inheritdoc/>
    public override string ToString()
    {
        string members = string.Join(", ", _members.Select(m => $"{m.Id} ({m.Kind.ToString().ToLowerInvariant()})"));
        return IsJoint ? $"{members}; until this is settled also {Previous}" : members;
    }

    private static Member? Find(Member[] members, NodeId id)
    {
        foreach (Member member in members)
        {
            if (member.Id == id)
                return member;
        }
        return null;
    }
}
