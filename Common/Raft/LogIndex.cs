namespace Chorus.Raft;

/// <summary>Position of an entry in the log. The first entry has index 1; 0 stands before the log.</summary>
/// <param name="Value">Position, from 0.</param>
public readonly record struct LogIndex(ulong Value) : IComparable<LogIndex>
{
    /// <summary>The position before the first entry.</summary>
    public static readonly LogIndex Zero = new(0);

    /// <summary>The position behind this one.</summary>
    public LogIndex Next => new(Value + 1);

    /// <summary>The position before this one; <see cref="Zero"/> has none.</summary>
    public LogIndex Previous
    {
        get
        {
            Check.That(Value > 0, "index 0 has no predecessor");
            return new(Value - 1);
        }
    }

    /// <inheritdoc/>
    public int CompareTo(LogIndex other) => Value.CompareTo(other.Value);

    /// <summary>The smaller of two positions.</summary>
    public static LogIndex Min(LogIndex a, LogIndex b) => a.Value < b.Value ? a : b;

    /// <summary>The larger of two positions.</summary>
    public static LogIndex Max(LogIndex a, LogIndex b) => a.Value > b.Value ? a : b;

    /// <summary>Moves a position forward by a number of entries.</summary>
    public static LogIndex operator +(LogIndex a, ulong entries) => new(a.Value + entries);

    /// <summary>Number of entries in <c>[b, a)</c>; <paramref name="a"/> must not be smaller.</summary>
    public static ulong operator -(LogIndex a, LogIndex b) => checked(a.Value - b.Value);

    /// <summary>Order along the log.</summary>
    public static bool operator <(LogIndex a, LogIndex b) => a.Value < b.Value;

    /// <summary>Order along the log.</summary>
    public static bool operator >(LogIndex a, LogIndex b) => a.Value > b.Value;

    /// <summary>Order along the log.</summary>
    public static bool operator <=(LogIndex a, LogIndex b) => a.Value <= b.Value;

    /// <summary>Order along the log.</summary>
    public static bool operator >=(LogIndex a, LogIndex b) => a.Value >= b.Value;

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
