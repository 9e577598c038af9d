namespace Chorus.Simulation.Network;

/// <summary>How badly the network treats messages at the moment; faults change it while it runs.</summary>
internal sealed class LinkRules
{
    /// <summary>Chance that a message between replicas is lost.</summary>
    public double PeerLoss { get; set; }

    /// <summary>Chance that a message between replicas arrives twice.</summary>
    public double PeerDuplication { get; set; }

    /// <summary>Chance that a message from or to a client is lost.</summary>
    public double ClientLoss { get; set; }

    /// <summary>Chance that a connection of feed or Transfer breaks, for each message.</summary>
    public double ConnectionBreaks { get; set; }

    /// <summary>Mean delay in microseconds.</summary>
    public double DelayMicros { get; set; } = 150;

    /// <summary>Chance that a message is held up for much longer than others.</summary>
    public double StragglerChance { get; set; }

    /// <summary>Mean delay of a held-up message in microseconds.</summary>
    public double StragglerMicros { get; set; } = 500_000;

    /// <summary>Whether messages of one sender to one receiver keep their order, as on one TCP connection.</summary>
    public bool KeepsOrder { get; set; }
}
