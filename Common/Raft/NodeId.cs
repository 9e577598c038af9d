namespace Chorus.Raft;

/// <summary>Name of a node, unique in its cluster; compared and ordered by its bytes.</summary>
/// <param name="Value">1 to 64 characters out of <c>A-Z a-z 0-9 . _ -</c>; empty stands for "none".</param>
public readonly record struct NodeId(string Value) : IComparable<NodeId>
{
    /// <summary>No node: nobody voted for, no leader known.</summary>
    public static readonly NodeId None = new("");

    /// <summary>Most characters in a name.</summary>
    public const int LengthMax = 64;

    /// <summary>Whether this is <see cref="None"/>.</summary>
    public bool IsNone => string.IsNullOrEmpty(Value);

    /// <summary>Whether a name may be given to a node.</summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > LengthMax)
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(NodeId other) => string.Equals(Value ?? "", other.Value ?? "", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Value ?? "", StringComparison.Ordinal);

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value ?? "", other.Value ?? "");

    /// <inheritdoc/>
    public override string ToString() => IsNone ? "(none)" : Value;
}
