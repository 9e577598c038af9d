using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// What of a log other threads may read: immutable, and so are the bytes that it names, for they are committed and
/// durable.
/// </summary>
/// <param name="ClusterId">The cluster that the log belongs to.</param>
/// <param name="First">First index that is kept.</param>
/// <param name="Limit">Header of the last record that may be read; index <c>First - 1</c> when there is none.</param>
/// <param name="Segments">
/// The segments, by rising first index; each counts up to where the next begins. A file may be gone: then a newer
/// extent no longer names it.
/// </param>
public sealed record LogExtent(
    Guid ClusterId, LogIndex First, RecordHeader Limit, IReadOnlyList<SegmentPlace> Segments);
