namespace Chorus.Common.Log;

/// <summary>A segment file as readers on other threads know it.</summary>
/// <param name="Sequence">Number of the file; names it.</param>
/// <param name="First">Index of its first record.</param>
public readonly record struct SegmentPlace(ulong Sequence, ulong First);
