namespace Chorus.Common.Log;

/// <summary>A data directory that this node cannot use.</summary>
/// <param name="message">The cause.</param>
/// <param name="cure">What to do about it.</param>
public sealed class NodeDirectoryException(string message, string cure) : Exception(message)
{
    /// <summary>What to do about it.</summary>
    public string Cure { get; } = cure;
}
