namespace Chorus.Common.Client;

/// <summary>A committed write to a key, as a feed told of it.</summary>
/// <param name="Index">Its place in the log.</param>
/// <param name="Term">Term of its record.</param>
/// <param name="Time">When the leader took it, by the leader's clock.</param>
/// <param name="IsDelete">Whether the key was removed; otherwise it was set.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">What it was set to; empty for a removal.</param>
public sealed record KeyChange(
    ulong Index, ulong Term, DateTimeOffset Time, bool IsDelete, ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);
