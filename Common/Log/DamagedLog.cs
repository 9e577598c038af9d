using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// A log that is not whole: nothing may be appended to it, and its node takes no part in its cluster, before its holes
/// are filled with the very records that stood there.
/// </summary>
/// <remarks>
/// The chain covers all that stands before a record. So records that continue the one before a hole, and are continued
/// by the one behind it, are the ones that were there, whoever brings them.
/// </remarks>
public sealed class DamagedLog
{
    private readonly IStorage _storage;

    internal DamagedLog(
        IStorage storage, IReadOnlyList<LogHole> holes, Configuration configuration, LogIndex last, LogExtent intact)
    {
        (_storage, Holes, Configuration, LastIndex, Intact) = (storage, holes, configuration, last, intact);
    }

    /// <summary>The holes, by rising index; at least one.</summary>
    public IReadOnlyList<LogHole> Holes { get; }

    /// <summary>The newest configuration that can be read; empty when there is none.</summary>
    public Configuration Configuration { get; }

    /// <summary>Last index that can be read.</summary>
    public LogIndex LastIndex { get; }

    /// <summary>What others may read meanwhile: what is before the first hole and known to be committed.</summary>
    public LogExtent Intact { get; }

    /// <summary>Begins to fill the first hole.</summary>
    /// <param name="fromSegment">
    /// Whether to begin with the segment that it lies in, because what stands there before it may have been overwritten
    /// in a file that is lost.
    /// </param>
    public HoleFilling Fill(bool fromSegment) => new(_storage, Holes[0], fromSegment);

    /// <summary>
    /// Ends the log before the first hole: what stands behind it continues another log than the cluster has committed.
    /// The files are set aside, not removed. From then on the node knows that it has lost entries.
    /// </summary>
    /// <exception cref="IOException">The disk failed; done again at the next start.</exception>
    public void EndBeforeHole() => new SegmentSalvage(_storage).EndBefore(Holes[0]);
}
