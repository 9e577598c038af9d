namespace Chorus.Simulation.Network;

/// <summary>What stands behind an address: a socket of a replica, or a client.</summary>
internal interface IEndpoint
{
    /// <summary>A message has arrived.</summary>
    /// <param name="sender">Address to which an answer would go.</param>
    /// <param name="first">First part.</param>
    /// <param name="second">Second part; empty when there is none.</param>
    void Arrive(string sender, byte[] first, byte[] second);
}
