using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// A state machine that lives in a file of absolute, repeatable writes: it can be copied while it changes. What was
/// copied becomes the state at an index by applying the log from where the copy began up to that index (trap 20). Read
/// by
/// the transfer thread.
/// </summary>
public interface IImageSource
{
    /// <summary>Length of the file in bytes.</summary>
    long LengthBytes { get; }

    /// <summary>The unit in which it is written; pieces are whole multiples.</summary>
    int SlotBytes { get; }

    /// <summary>Every entry up to here is in the file; what stands there may be newer.</summary>
    LogIndex AppliedIndex { get; }

    /// <summary>Reads; fewer bytes than asked for only at the end.</summary>
    int Read(long offset, Span<byte> into);
}
