using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Log;

namespace Chorus.Common.Transfer;

/// <summary>Brings records from whichever source has them. Single-threaded; never waits.</summary>
public interface IRecordFetch
{
    /// <summary>Where it stands.</summary>
    FetchState State { get; }

    /// <summary>Why it failed; null unless it has.</summary>
    FetchFailure? Failure { get; }

    /// <summary>Header of the last record that was handed out; null before the first.</summary>
    RecordHeader? Last { get; }

    /// <summary>Monotonic time of the first question; 0 before.</summary>
    long BegunMicros { get; }

    /// <summary>Monotonic time at which the last chunk so far came; 0 before.</summary>
    long ReceivedMicros { get; }

    /// <summary>What each source brought.</summary>
    IReadOnlyList<FetchSourceReport> Sources { get; }

    /// <summary>Monotonic time at which <see cref="DoWork"/> has something to do at the latest.</summary>
    long NextWorkMicros { get; }

    /// <summary>Takes what has come, asks for what is missing, and judges the sources.</summary>
    void DoWork();

    /// <summary>Takes the next chunk, in order.</summary>
    bool TryTake([NotNullWhen(true)] out FetchedRecords? chunk);

    /// <summary>Gives a chunk back that was taken; its bytes must not be read any more. Only then more is sent.
    /// </summary>
    void Return(FetchedRecords chunk);

    /// <summary>Ends every stream.</summary>
    void Close();
}
