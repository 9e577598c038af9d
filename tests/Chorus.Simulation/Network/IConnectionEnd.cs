namespace Chorus.Simulation.Network;

/// <summary>Who dials a connection, or who is dialled: a socket of the feed or of Transfer.</summary>
internal interface IConnectionEnd
{
    /// <summary>Whether it takes another message now; otherwise messages wait on their way, as behind a full window.
    /// </summary>
    bool HasRoom { get; }

    /// <summary>A connection stands.</summary>
    void Opened(Connection connection);

    /// <summary>A connection is broken; what was on its way is lost. The one who dialled dials again.</summary>
    void Closed(Connection connection);

    /// <summary>A message has arrived.</summary>
    void Arrive(Connection connection, byte[][] frames);
}
