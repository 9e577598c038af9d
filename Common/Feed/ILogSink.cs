using Chorus.Common.Log;

namespace Chorus.Common.Feed;

/// <summary>What a follower hands records to. Called by the follower's own thread, within its rounds.</summary>
public interface ILogSink
{
    /// <summary>
    /// Whether so many bytes of records can be taken now. Without room nothing more is asked for; what was asked for
    /// before, at most the window of one fetch, still comes.
    /// </summary>
    bool HasRoom(long bytes);

    /// <summary>Takes committed records: each once, in order, without a gap.</summary>
    /// <param name="records">Whole, verified records that continue those of the call before. Valid during it.</param>
    /// <param name="last">Header of the last of them.</param>
    void Append(ReadOnlySpan<byte> records, in RecordHeader last);
}
