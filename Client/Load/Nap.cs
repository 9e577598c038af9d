using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Chorus.Client.Load;

/// <summary>Sleeps shorter than a millisecond, which the runtime has not.</summary>
internal static class Nap
{
    private const double LongestMsec = 1;
    private const double WakeUpMsec = 0.06;

    /// <summary>Sleeps for about the given number of stopwatch ticks, at most 1 ms, at least one yield.</summary>
    public static void UntilTicks(long ticks)
    {
        double msec = Math.Min(LongestMsec, (ticks * 1000.0 / Stopwatch.Frequency) - WakeUpMsec);
        if (ticks <= 0)
            msec = WakeUpMsec; // Everybody is busy: a caller that becomes free takes the work itself.
        if (msec < 0.01)
            Thread.Yield();
        else if (OperatingSystem.IsWindows())
            Thread.Sleep(1);
        else
            _ = SleepUs((uint)(msec * 1000));
    }

    [DllImport("libc", EntryPoint = "usleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SleepUs(uint us);
}
