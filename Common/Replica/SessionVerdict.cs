namespace Chorus.Common.Replica;

/// <summary>What a table of sessions says to a command.</summary>
public enum SessionVerdict
{
    /// <summary>The session is there and has not sent this command before: it is to be applied.</summary>
    New,

    /// <summary>It was sent before; its answer is kept, or it is still under way.</summary>
    Repeated,

    /// <summary>There is no such session, or it has expired. Never a reason to make one.</summary>
    Unknown,

    /// <summary>The client has said that it has the answer: it is kept no more, and the command not applied again.
    /// </summary>
    Acknowledged,

    /// <summary>Further ahead of what is acknowledged than <see cref="SessionLimits.SequencesMax"/>.</summary>
    TooFarAhead,
}
