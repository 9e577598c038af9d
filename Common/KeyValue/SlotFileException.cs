namespace Chorus.Common.KeyValue;

/// <summary>A file of slots cannot be used, although nothing in it is damaged.</summary>
/// <param name="message">Why.</param>
/// <param name="cure">What to do.</param>
public sealed class SlotFileException(string message, string cure) : Exception(message)
{
    /// <summary>What to do.</summary>
    public string Cure { get; } = cure;
}
