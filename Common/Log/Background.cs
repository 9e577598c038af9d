namespace Chorus.Common.Log;

/// <summary>Work that stands back while the processors are busy with what somebody waits for.</summary>
public static class Background
{
    /// <summary>How far work in the background stands back: a nice value.</summary>
    public const int Nice = 10;

    /// <summary>The furthest that anything can stand back.</summary>
    public const int NiceMax = 19;

    private const string ThreadsFolder = "/proc/self/task";

    /// <summary>
    /// Lets the calling thread stand back, and all that it starts from now on. Does nothing but on Linux, nor where it
    /// stands further back already.
    /// </summary>
    public static void EnterThread() => LibC.StandBack(Nice);

    /// <summary>Lets the whole process stand back; see <see cref="EnterThread"/>.</summary>
    /// <param name="nice">How far: a nice value, 0 to <see cref="NiceMax"/>; 0 changes nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="nice"/> is none of these.</exception>
    public static void EnterProcess(int nice)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nice);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nice, NiceMax);
        if (nice == 0)
            return;
        // First this one: what it starts meanwhile is like it.
        LibC.StandBack(nice);
        if (!Directory.Exists(ThreadsFolder))
            return;
        foreach (string thread in Directory.EnumerateDirectories(ThreadsFolder))
        {
            if (int.TryParse(Path.GetFileName(thread), out int number))
                LibC.StandBack(nice, number);
        }
    }
}
