namespace Chorus.Client.Acked;

/// <summary>What is known of one key after a run.</summary>
/// <param name="Key">Number of the key, without its prefix.</param>
/// <param name="Caller">The only one who wrote it.</param>
/// <param name="Acked">Sequence number of the last acknowledged write; 0 when none was.</param>
/// <param name="Unknown">Sequence number of the last write, when its outcome is unknown; else 0.</param>
internal readonly record struct AckedKey(long Key, int Caller, long Acked, long Unknown);
