namespace Chorus.Common.Hosting;

/// <summary>How every executable of the project ends.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Failed for a reason that the message names.</summary>
    public const int Failed = 1;

    /// <summary>Wrong flags or a wrong configuration file; nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>No leader, or nobody reachable, within the deadline.</summary>
    public const int Unreachable = 3;

    /// <summary>A check found a difference, or a threshold was missed.</summary>
    public const int CheckFailed = 4;

    /// <summary>Bytes on disk are not what was written.</summary>
    public const int Corruption = 5;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
