using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Logger.Tools;

/// <summary>What all tools do around the reading of a folder.</summary>
internal static class ToolReading
{
    /// <summary>How many records pass between two looks at whether to stop.</summary>
    private const int StopCheckMask = 0xFFF;

    /// <summary>Ends the command when its user wants it to.</summary>
    public static void CheckStop(LogIndex index, CancellationToken stop)
    {
        if ((index.Value & StopCheckMask) == 0)
            stop.ThrowIfCancellationRequested();
    }

    /// <summary>Ends the command where a file was removed while it was read.</summary>
    public static void CheckComplete(in LogWalk walk, LogFolder folder)
    {
        if (walk.IsGone)
            throw ChorusException.Failed(
                "changed",
                $"a file of {folder.Location} was removed by its process while it was read",
                "Run the command again");
    }

    /// <summary>Ends the command at the first damage that was met outside of the records.</summary>
    public static void ThrowDamage(LogFolder folder)
    {
        if (folder.Damages is [var damage, ..])
            throw damage;
    }
}
