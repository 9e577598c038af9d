namespace Chorus.Common.Log;

/// <summary>What a record carries.</summary>
public enum RecordKind : byte
{
    /// <summary>A client's command for the state machine.</summary>
    Command = 1,

    /// <summary>A configuration of the cluster.</summary>
    Configuration = 2,

    /// <summary>Nothing: a leader's first entry of its term.</summary>
    NoOp = 3,
}
