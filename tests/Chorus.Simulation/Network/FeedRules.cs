using Chorus.Simulation.Faults;

namespace Chorus.Simulation.Network;

/// <summary>How badly feeds and transfers are treated at the moment; faults change it while it runs.</summary>
internal sealed class FeedRules
{
    /// <summary>Messages that wait for one subscriber before further ones are dropped.</summary>
    public int HighWaterMark { get; set; } = 512;

    /// <summary>Chance that a publisher drops a message for one subscriber.</summary>
    public double Loss { get; set; }

    /// <summary>Whether no records pass at all, only heartbeats.</summary>
    public bool LosesBatches { get; set; }

    /// <summary>Who changes messages on their way; null: nobody.</summary>
    public Liar? Liar { get; set; }

    /// <summary>Messages dropped.</summary>
    public long Lost { get; set; }
}
