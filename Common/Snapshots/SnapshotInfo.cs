using Chorus.Raft;

namespace Chorus.Common.Snapshots;

/// <summary>A snapshot that is durable and whole.</summary>
/// <param name="Header">What it is of.</param>
/// <param name="Name">Name of its file in the data directory.</param>
/// <param name="LengthBytes">Length of the file.</param>
/// <param name="HeaderCrc">Checksum over the whole header: names this very file among those of one index.</param>
public sealed record SnapshotInfo(SnapshotHeader Header, string Name, long LengthBytes, uint HeaderCrc)
{
    /// <summary>The last index whose effect is in it.</summary>
    public LogIndex Index => Header.Index;
}
