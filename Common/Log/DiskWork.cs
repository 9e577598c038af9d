namespace Chorus.Common.Log;

/// <summary>How an executor runs a job.</summary>
internal static class DiskWork
{
    /// <summary>Runs a job to its end. Any failure belongs to the job: the loop stops the node in good order.</summary>
    public static void Run(IDiskJob job)
    {
        try
        {
            job.Write();
            job.Sync();
        }
#pragma warning disable CA1031 // whatever it is, the loop must hear of it; the thread must not take the process down
        catch (Exception error)
#pragma warning restore CA1031
        {
            job.Fail(error);
        }
    }
}
