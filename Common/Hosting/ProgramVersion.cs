using System.Reflection;

namespace Chorus.Common.Hosting;

/// <summary>The version that the program calls itself.</summary>
public static class ProgramVersion
{
    /// <summary>For example 0.1.0.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "unknown";
}
