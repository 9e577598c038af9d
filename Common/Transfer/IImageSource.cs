using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// A state machine that lives in a file of slots, each of which names the entry that wrote it: it can be copied while
/// it changes. What was copied becomes the state at an index by applying to each slot the log from behind its entry up
/// to that index (trap 20). Read by the transfer thread.
/// </summary>
public interface IImageSource
{
    /// <summary>Length of the image in bytes; offset 0 is its first slot.</summary>
    long LengthBytes { get; }

    /// <summary>The unit in which it is written; pieces are whole multiples.</summary>
    int SlotBytes { get; }

    /// <summary>
    /// Every entry up to here is in the file; what stands there may be newer. Asked before the copy begins: the log is
    /// applied to the copy from behind this index.
    /// </summary>
    LogIndex AppliedIndex { get; }

    /// <summary>
    /// Nothing of an entry behind this one has been written yet. Asked when the copy is complete: once the log is
    /// applied to it up to here, it is exactly the state at this index. May be ahead of <see cref="AppliedIndex"/>; is
    /// committed and durable.
    /// </summary>
    LogIndex NewestIndex { get; }

    /// <summary>Reads; fewer bytes than asked for only at the end.</summary>
    int Read(long offset, Span<byte> into);
}
