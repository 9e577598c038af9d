using System.Diagnostics;

namespace Chorus.Simulation.Commands;

/// <summary>Hunts every mutant, each in a process of its own.</summary>
internal static class MutantHunt
{
    /// <summary>Runs the hunt.</summary>
    /// <returns>0 when all were found.</returns>
    public static int Run(Arguments arguments)
    {
        List<string> missed = [];
        foreach (string name in MutantSwitch.Names)
        {
            string[] words =
            [
                "--seeds", $"{arguments.First}..{arguments.Last}", "--mutant", name, "--jobs", $"{arguments.Jobs}",
            ];
            if (RunChild(words, Console.WriteLine) != 0)
                missed.Add(name);
        }
        Console.WriteLine(missed.Count == 0
            ? $"{MutantSwitch.Names.Count} mutants, all found"
            : $"{MutantSwitch.Names.Count} mutants, NOT FOUND: {string.Join(", ", missed)}");
        return missed.Count == 0 ? 0 : Sweep.CheckFailed;
    }

    /// <summary>Runs this program again, with other arguments.</summary>
    public static int RunChild(IEnumerable<string> words, Action<string> line)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(MutantHunt).Assembly.Location);
        foreach (string word in words)
            start.ArgumentList.Add(word);
        using Process child = Process.Start(start)!;
        child.ErrorDataReceived += (_, _) => { };
        child.BeginErrorReadLine();
        while (child.StandardOutput.ReadLine() is { } text)
            line(text);
        child.WaitForExit();
        return child.ExitCode;
    }
}
