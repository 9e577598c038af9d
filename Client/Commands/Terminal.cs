namespace Chorus.Client.Commands;

/// <summary>Where commands read and write, and what they know of their surroundings.</summary>
internal sealed record Terminal
{
    /// <summary>Standard output, for bytes that are no text.</summary>
    public required Stream OutBytes { get; init; }

    /// <summary>Standard output, for text. Flushed by who writes.</summary>
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Whether somebody types.</summary>
    public bool IsInputTerminal { get; init; }

    /// <summary>Whether progress can be redrawn in place.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = int.MaxValue;

    /// <summary>Looks up an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>Folder that relative paths start from.</summary>
    public string Folder { get; init; } = Environment.CurrentDirectory;

    /// <summary>The console of this process.</summary>
    public static Terminal OfProcess()
    {
        Stream output = Console.OpenStandardOutput();
        return new Terminal
        {
            OutBytes = output,
            Out = new StreamWriter(output),
            Error = Console.Error,
            // Not Console.In, which changes the mode of the terminal even for commands that read nothing.
            In = new StreamReader(Console.OpenStandardInput()),
            IsInputTerminal = !Console.IsInputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            Width = Console.IsErrorRedirected ? int.MaxValue : Console.WindowWidth,
            Variable = Environment.GetEnvironmentVariable,
        };
    }
}
