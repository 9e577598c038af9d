namespace Chorus.Common.Replica;

/// <summary>The replica cannot go on, and its log is intact as far as it was acknowledged.</summary>
/// <param name="message">Why.</param>
/// <param name="cure">What to do about it.</param>
/// <param name="inner">The error underneath.</param>
public sealed class ReplicaStoppedException(string message, string cure, Exception? inner) : Exception(message, inner)
{
    /// <summary>What to do about it.</summary>
    public string Cure { get; } = cure;
}
