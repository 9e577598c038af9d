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

    /// <summary>Opens, keeps or ends sessions of clients: a <see cref="SessionRecord"/>.</summary>
    Session = 4,

    /// <summary>A client's command within its session: a <see cref="SessionEnvelope"/> and the command.</summary>
    SessionCommand = 5,
}
