using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Chorus.Client.Report;

/// <summary>Where and with what a run was measured.</summary>
internal static class Machine
{
    private const int GitWaitMsec = 2000;

    /// <summary>Version of this program, with the commit that it was built from where that is known.</summary>
    public static string Version { get; } =
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "unknown";

    public static JsonObject Describe() => new()
    {
        ["name"] = Environment.MachineName,
        ["processor"] = Processor(),
        ["cores"] = Environment.ProcessorCount,
        ["memory_mib"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20,
        ["os"] = RuntimeInformation.OSDescription,
        ["kernel"] = Environment.OSVersion.Version.ToString(),
        ["architecture"] = RuntimeInformation.ProcessArchitecture.ToString(),
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };

    /// <summary>The commit, with "-dirty" behind it if files differ; null outside of a repository.</summary>
    /// <param name="folder">A folder of the repository.</param>
    public static string? Commit(string folder)
    {
        try
        {
            using Process? git = Process.Start(new ProcessStartInfo(
                "git", $"-C \"{folder}\" describe --always --dirty --abbrev=40 --exclude=*")
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (git is null || !git.WaitForExit(GitWaitMsec) || git.ExitCode != 0)
                return null;
            return git.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // No git here.
        }
    }

    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        if (File.Exists(cpuInfo))
            foreach (string line in File.ReadLines(cpuInfo))
                if (line.StartsWith("model name", StringComparison.Ordinal))
                    return line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return string.Create(CultureInfo.InvariantCulture, $"{RuntimeInformation.ProcessArchitecture}");
    }
}
