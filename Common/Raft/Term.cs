namespace Chorus.Raft;

/// <summary>Raft's logical clock: at most one leader in each. 0 is before the first election.</summary>
/// <param name="Value">Number of the term, from 0.</param>
public readonly record struct Term(ulong Value) : IComparable<Term>
{
    /// <summary>The term before the first election.</summary>
    public static readonly Term Zero = new(0);

    /// <summary>The term behind this one.</summary>
    public Term Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    /// <summary>Order of terms.</summary>
    public static bool operator <(Term a, Term b) => a.Value < b.Value;

    /// <summary>Order of terms.</summary>
    public static bool operator >(Term a, Term b) => a.Value > b.Value;

    /// <summary>Order of terms.</summary>
    public static bool operator <=(Term a, Term b) => a.Value <= b.Value;

    /// <summary>Order of terms.</summary>
    public static bool operator >=(Term a, Term b) => a.Value >= b.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
