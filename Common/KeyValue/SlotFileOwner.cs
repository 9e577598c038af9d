namespace Chorus.Common.KeyValue;

/// <summary>Whose a file of slots is, and its shape; written into it when it is made and never changed.</summary>
/// <param name="Geometry">Its shape.</param>
/// <param name="ClusterId">The cluster of the node.</param>
/// <param name="Incarnation">Incarnation of the node's data directory.</param>
/// <param name="IsVolatile">
/// Whether the node keeps its log in memory only: then the next start makes the file anew.
/// </param>
public sealed record SlotFileOwner(SlotGeometry Geometry, Guid ClusterId, ulong Incarnation, bool IsVolatile);
