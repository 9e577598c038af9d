namespace Chorus.Raft;

/// <summary>
/// The two questions about bytes that the core may ask: how many entries fit into a message, and whether they are
/// at hand. Answered by the log; pure: two calls with the same arguments and the same log give the same answer.
/// </summary>
public interface ILogSizes
{
    /// <summary>
    /// Finds how far a message that starts at <paramref name="from"/> reaches.
    /// </summary>
    /// <param name="from">First entry of the message; stands in the log.</param>
    /// <param name="until">Index behind the last entry that may be taken; at most the end of the log.</param>
    /// <param name="bytesMax">
    /// Limit of the message in bytes. One entry is always taken, however large.
    /// </param>
    /// <param name="bytes">Size of the entries taken, in bytes.</param>
    /// <returns>Index behind the last entry taken: in <c>(from, until]</c>.</returns>
    LogIndex Fit(LogIndex from, LogIndex until, long bytesMax, out long bytes);

    /// <summary>Whether the entries from an index on are in memory; false where only the disk holds them.</summary>
    /// <param name="from">An entry of the log, or the index behind its end.</param>
    bool IsAtHand(LogIndex from);
}
