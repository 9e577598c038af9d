using Chorus.Common.Log;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>Opens a log, and repairs it first as often as that is necessary.</summary>
internal static class RepairedLog
{
    private const int WaitMsMax = 20;

    /// <summary>Opens a log.</summary>
    /// <param name="storage">The directory.</param>
    /// <param name="disk">Its disk thread.</param>
    /// <param name="options">Settings.</param>
    /// <param name="opening">What is expected.</param>
    /// <param name="begin">Begins to repair what was found.</param>
    /// <param name="wait">Does what else is to be done meanwhile, and waits for so many milliseconds at most.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>Null when stopped.</returns>
    /// <exception cref="LogCorruptionException">It is damaged, and there is nobody who could help.</exception>
    public static RecordLog? Open(
        IStorage storage, IDiskExecutor disk, LogOptions options, LogOpening opening, Func<DamagedLog, LogRepair> begin,
        Action<LogRepair, DamagedLog, int> wait, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            if (RecordLog.TryOpen(storage, disk, options, opening, out DamagedLog? damaged) is { } log)
                return log;
            using LogRepair repair = begin(damaged!);
            if (repair.State == RepairState.NobodyToAsk)
                throw damaged!.Holes[0].Damage;
            while (repair.State == RepairState.Running && !stop.IsCancellationRequested)
            {
                repair.DoWork();
                wait(repair, damaged!, WaitMsMax);
            }
        }
        return null;
    }
}
