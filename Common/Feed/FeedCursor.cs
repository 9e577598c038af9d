using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// How far somebody has followed a log. Stored together with what was made of the records, in one transaction where
/// there are such, it makes that each record counts exactly once.
/// </summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="Index">Last index that was handled; 0 before the first.</param>
/// <param name="Chain">Chain of that record: tells another log from this one.</param>
public readonly record struct FeedCursor(Guid ClusterId, LogIndex Index, ulong Chain)
{
    /// <summary>The cursor behind a record.</summary>
    public static FeedCursor Behind(Guid clusterId, in RecordHeader header) =>
        new(clusterId, header.Index, header.Chain);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out FeedCursor cursor)
    {
        cursor = default;
        string[] parts = (text ?? "").Split('/');
        if (parts.Length != 3 || !Guid.TryParse(parts[0], out Guid clusterId)
            || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong index)
            || !ulong.TryParse(parts[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong chain))
            return false;
        cursor = new FeedCursor(clusterId, new LogIndex(index), chain);
        return true;
    }

    /// <summary><c>cluster/index/chain</c>, the chain in hexadecimal.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ClusterId}/{Index.Value}/{Chain:x16}");
}
