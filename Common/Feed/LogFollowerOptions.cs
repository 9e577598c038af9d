using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>What a follower follows, and its limits. Times are in microseconds.</summary>
public sealed record LogFollowerOptions
{
    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>Who follows, for messages to people.</summary>
    public required string Name { get; init; }

    /// <summary>Spreads followers over sources that are equally good.</summary>
    public ulong Seed { get; init; }

    /// <summary>A source from which nothing was heard for so long is left. Default 1 s.</summary>
    public long SilenceMicros { get; init; } = 1_000_000;

    /// <summary>A source that has not come as far as others were so long ago is left. Default 1 s.</summary>
    public long LagMicros { get; init; } = 1_000_000;

    /// <summary>
    /// A source that says it has more and sends nothing for so long is left. Default 3 s: longer than a fetch waits.
    /// </summary>
    public long StallMicros { get; init; } = 3_000_000;

    /// <summary>How long to listen before the first choice. Default 250 ms.</summary>
    public long ListenMicros { get; init; } = 250_000;

    /// <summary>How often to look for a better source: a follower rather than the leader. Default 5 s.</summary>
    public long PreferMicros { get; init; } = 5_000_000;

    /// <summary>How long a source that was left still counts, so that nothing is missed. Default 500 ms.</summary>
    public long OverlapMicros { get; init; } = 500_000;

    /// <summary>How long a bad source is avoided the first time; twice as long each time after. Default 1 s.</summary>
    public long AvoidMicros { get; init; } = 1_000_000;

    /// <summary>Longest time that a bad source is avoided at once. Default 16 s.</summary>
    public long AvoidMicrosMax { get; init; } = 16_000_000;

    /// <summary>So long every source must be behind before that is said. Default 5 s.</summary>
    public long AheadMicros { get; init; } = 5_000_000;

    /// <summary>
    /// Most bytes of live records held back while history is fetched; beyond, the oldest are dropped and fetched.
    /// Default 8 MiB.
    /// </summary>
    public long HeldBytesMax { get; init; } = 8 << 20;

    /// <summary>Most messages taken from a port in one round. Default 256.</summary>
    public int MessagesPerRound { get; init; } = 256;

    /// <summary>Most sources; further ones are not used. Default 128.</summary>
    public int SourcesMax { get; init; } = 128;

    /// <summary>Limits of one fetch.</summary>
    public TransferStreamOptions Fetch { get; init; } = new();

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(SilenceMicros > 0 && LagMicros > 0 && StallMicros > 0, "times are positive");
        Check.That(AvoidMicros > 0 && AvoidMicrosMax >= AvoidMicros, "a bad source is avoided for some time");
        Check.That(HeldBytesMax > 0 && MessagesPerRound > 0 && SourcesMax > 0, "limits are positive");
        Fetch.Validate();
    }
}
