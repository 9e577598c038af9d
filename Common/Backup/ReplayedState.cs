using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Backup;

/// <summary>A state that was made of a directory's snapshot and log.</summary>
public sealed record ReplayedState
{
    /// <summary>The cluster that the data is of.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>What the state machine held before the first entry, in words.</summary>
    public required string StateBase { get; init; }

    /// <summary>Keys and values.</summary>
    public required KvStateMachine Store { get; init; }

    /// <summary>Sessions of clients.</summary>
    public required SessionTable Sessions { get; init; }

    /// <summary>The last record whose effect is in the state.</summary>
    public required RecordHeader Last { get; init; }

    /// <summary>Index of the snapshot that it began with; 0: with the first record.</summary>
    public required LogIndex Snapshot { get; init; }

    /// <summary>Records applied behind the snapshot.</summary>
    public required long Records { get; init; }

    /// <summary>Records behind <see cref="Last"/> that the directory holds and that were left out.</summary>
    public required ulong LeftOut { get; init; }

    /// <summary>Sentences about what was passed over.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
