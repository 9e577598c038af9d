namespace Chorus.Common.Transfer;

/// <summary>What one source brought to a fetch.</summary>
/// <param name="Address">Its transfer address.</param>
/// <param name="Bytes">Bytes of verified records that came from it.</param>
/// <param name="Trouble">The last thing that went wrong with it, for people; empty: nothing.</param>
/// <param name="IsExcluded">Whether it is not asked any more.</param>
public sealed record FetchSourceReport(string Address, long Bytes, string Trouble, bool IsExcluded);
