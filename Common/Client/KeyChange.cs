using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>
/// A committed write to a key, as a feed told of it. What an increment or a compare-and-set has left behind only a read
/// tells.
/// </summary>
/// <param name="Index">Its place in the log.</param>
/// <param name="Term">Term of its record.</param>
/// <param name="Time">When the leader took it, by the leader's clock.</param>
/// <param name="Operation">What was asked for.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">What it was set to; empty for a removal or an increment.</param>
/// <param name="Delta">What an increment adds.</param>
public sealed record KeyChange(
    ulong Index, ulong Term, DateTimeOffset Time, KvCommand.Types.Operation Operation, ReadOnlyMemory<byte> Key,
    ReadOnlyMemory<byte> Value, long Delta)
{
    /// <summary>Whether the key was removed.</summary>
    public bool IsDelete => Operation == KvCommand.Types.Operation.Delete;
}
