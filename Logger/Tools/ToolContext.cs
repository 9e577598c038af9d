namespace Chorus.Logger.Tools;

/// <summary>Where the tools write.</summary>
internal sealed record ToolContext
{
    /// <summary>Standard output.</summary>
    public required Stream Output { get; init; }

    /// <summary>Whether somebody reads along.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = int.MaxValue;

    /// <summary>The console of this process.</summary>
    public static ToolContext OfProcess() => new()
    {
        Output = Console.OpenStandardOutput(),
        IsTerminal = !Console.IsOutputRedirected,
        Width = Console.IsOutputRedirected ? int.MaxValue : Math.Max(60, Console.WindowWidth),
    };

    /// <summary>Writes lines of text.</summary>
    public void Tell(string text) => Output.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n"));
}
