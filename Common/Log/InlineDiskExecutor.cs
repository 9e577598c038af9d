namespace Chorus.Common.Log;

/// <summary>Does disk work at once, on the caller's thread: for storage in memory, which nothing waits for.</summary>
public sealed class InlineDiskExecutor : IDiskExecutor
{
    /// <inheritdoc/>
    public void Post(IDiskJob job) => DiskWork.Run(job);
}
