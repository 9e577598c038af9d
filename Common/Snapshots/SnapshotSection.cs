namespace Chorus.Common.Snapshots;

/// <summary>What a piece of a snapshot belongs to. Sections come in any order and may be left out.</summary>
public enum SnapshotSection : byte
{
    /// <summary>The state machine's; what is in a piece, it alone knows.</summary>
    State = 1,

    /// <summary>
    /// Sessions of clients: opaque here, but that their format stands in the first four bytes (<see
    /// cref="SnapshotReader.SessionsFormat"/>).
    /// </summary>
    Sessions = 2,

    /// <summary>The footer, always the last piece.</summary>
    End = 255,
}
