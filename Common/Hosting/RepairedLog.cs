using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>Opens a log, and repairs it first as often as that is necessary.</summary>
internal static class RepairedLog
{
    private const long WaitMicrosMax = 20_000;
    private const long RoomMicros = 1_000_000;

    /// <summary>Opens a log.</summary>
    /// <param name="storage">The directory.</param>
    /// <param name="disk">Its disk thread.</param>
    /// <param name="options">Settings.</param>
    /// <param name="opening">What is expected.</param>
    /// <param name="begin">Begins to repair what was found.</param>
    /// <param name="wait">
    /// Does what else is to be done meanwhile, and waits for so many microseconds at most; without a repair, because
    /// the disk is full, for about so many.
    /// </param>
    /// <param name="clock">Time.</param>
    /// <param name="logger">Where lines go.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>Null when stopped.</returns>
    /// <exception cref="LogCorruptionException">It is damaged, and there is nobody who could help.</exception>
    public static RecordLog? Open(
        IStorage storage, IDiskExecutor disk, LogOptions options, LogOpening opening, Func<DamagedLog, LogRepair> begin,
        Action<LogRepair?, long> wait, IClock clock, ILogger logger, CancellationToken stop)
    {
        bool isFull = false;
        while (!stop.IsCancellationRequested)
        {
            DamagedLog? damaged;
            try
            {
                if (RecordLog.TryOpen(storage, disk, options, opening, out damaged) is { } log)
                    return log;
            }
            catch (DiskFullException error)
            {
                // As power that fails there: what is done already counts, and is not done again.
                if (!isFull)
                    logger.LogNeedsRoom(storage.Location, error.Message);
                isFull = true;
                wait(null, RoomMicros);
                continue;
            }
            using LogRepair repair = begin(damaged!);
            if (repair.State == RepairState.NobodyToAsk)
                throw damaged!.Holes[0].Damage;
            while (repair.State == RepairState.Running && !stop.IsCancellationRequested)
            {
                repair.DoWork();
                wait(repair, Math.Clamp(repair.NextWorkMicros - clock.MonotonicMicros, 0, WaitMicrosMax));
            }
        }
        return null;
    }
}
