namespace Chorus.Common.Client;

/// <summary>Where a client stands with its session.</summary>
internal enum SessionState
{
    /// <summary>There is none; the next write opens one.</summary>
    None,

    /// <summary>It is asked for; writes wait.</summary>
    Opening,

    /// <summary>Writes go out in it.</summary>
    Open,

    /// <summary>The client wants none, or the servers keep none: writes go out without.</summary>
    Unsupported,
}
