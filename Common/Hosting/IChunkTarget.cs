using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>Makes a state of received chunks. Called by one thread.</summary>
public interface IChunkTarget
{
    /// <summary>Takes the next chunk.</summary>
    void Install(FetchedRecords chunk);

    /// <summary>Called behind the last chunk.</summary>
    void Settle();
}
