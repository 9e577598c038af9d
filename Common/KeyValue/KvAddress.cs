namespace Chorus.Common.KeyValue;

/// <summary>Where a block of <see cref="KvMemory"/> begins.</summary>
/// <param name="Segment">Number of the segment.</param>
/// <param name="Offset">Offset in it, in bytes; never 0, so the default is no block's address.</param>
internal readonly record struct KvAddress(int Segment, int Offset);
