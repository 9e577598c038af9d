namespace Chorus.Common.Replica;

/// <summary>A message between replicas as it came from the wire; nothing in it has been checked.</summary>
public readonly ref struct PeerFrame(ReadOnlySpan<byte> header, ReadOnlySpan<byte> records)
{
    /// <summary>The encoded message.</summary>
    public ReadOnlySpan<byte> Header { get; } = header;

    /// <summary>Records beside it; empty when there are none.</summary>
    public ReadOnlySpan<byte> Records { get; } = records;
}
