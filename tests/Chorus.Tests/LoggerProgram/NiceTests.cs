using System.Diagnostics;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

/// <summary>How far a logger stands back behind other processes.</summary>
public sealed class NiceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(10, "-nice", "10")]
    public void All_threads_of_a_logger_stand_back_as_far_as_it_was_told(int nice, params string[] flags)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new TemporaryDirectory();
        string[] ports = [.. RunningCluster.FreePorts(4).Select(port => $"127.0.0.1:{port}")];
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Logger.dll"), "-id", "log0", "-raft", ports[0], "-hrecov", ports[1],
            "-feed", ports[2], "-join", ports[3], "-logfolder", folder.Path, "-quiet", .. flags,
        ];
        // The thread that starts it hands its own on.
        int expected = Math.Max(nice, NiceOf(File.ReadAllText("/proc/thread-self/stat")));
        using Process logger = Process.Start("dotnet", arguments);
        try
        {
            // The last thread that it starts before it looks for its cluster.
            Waiting.Until(() => Threads(logger.Id).Any(thread => thread.Name == "transfer"), "the logger runs");
            Assert.All(Threads(logger.Id), thread => Assert.Equal(expected, thread.Nice));
        }
        finally
        {
            logger.Kill();
            logger.WaitForExit();
        }
    }

    private static List<(string Name, int Nice)> Threads(int process)
    {
        var threads = new List<(string Name, int Nice)>();
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            if (TryRead(Path.Combine(folder, "stat"), out string stat))
                threads.Add((stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')], NiceOf(stat)));
        }
        return threads;
    }

    // "7 (name) S ...": the name may hold anything; the nice value is the 17th behind it.
    private static int NiceOf(string stat) => int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);

    // A thread may end meanwhile.
    private static bool TryRead(string path, out string text)
    {
        try
        {
            text = File.ReadAllText(path);
            return true;
        }
        catch (IOException)
        {
            text = "";
            return false;
        }
    }
}
