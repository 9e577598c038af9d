namespace Chorus.Common.Replica;

/// <summary>
/// When sessions end without being closed. A leader writes them into the log with each session that it opens, so that
/// they hold on every replica from the same entry on, whatever each was started with.
/// </summary>
public sealed record SessionLimits
{
    /// <summary>Most commands of a session whose answers the client has not acknowledged.</summary>
    public const int SequencesMax = 8_192;

    /// <summary>What an answer costs that is kept, beside its own bytes.</summary>
    public const int AnswerOverheadBytes = 64;

    /// <summary>
    /// A session without activity for longer than this has expired: microseconds between times of records, never those
    /// of a clock. Default 10 minutes.
    /// </summary>
    public long TimeoutMicros { get; init; } = 600_000_000;

    /// <summary>
    /// Most sessions: one more ends that whose activity is the oldest. Default 16,384.
    /// </summary>
    public int SessionsMax { get; init; } = 16_384;

    /// <summary>
    /// Most bytes of answers kept for all sessions; beyond it a leader ends those whose activity is the oldest, until
    /// three quarters are left. Default 16 MiB.
    /// </summary>
    public long AnswerBytesMax { get; init; } = 16 << 20;
}
