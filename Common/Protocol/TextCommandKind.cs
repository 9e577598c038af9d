namespace Chorus.Common.Protocol;

/// <summary>What a text command turned out to be.</summary>
public enum TextCommandKind
{
    /// <summary>Not a command; the error says what is wrong with it.</summary>
    Invalid,

    /// <summary>A query: its answer is a value.</summary>
    Read,

    /// <summary>A command for the log: its answer is <c>ok</c>.</summary>
    Write,
}
