namespace Chorus.Common.Hosting;

/// <summary>What the command line of any replica says.</summary>
public sealed record ReplicaProcessOptions
{
    /// <summary>The replica.</summary>
    public required ReplicaHostOptions Host { get; init; }

    /// <summary>Folder of the application-level log; null: none.</summary>
    public string? LogFolder { get; init; }

    /// <summary>File of the CPU trace; null: none.</summary>
    public string? CpuProfile { get; init; }

    /// <summary>File of the heap report; null: none.</summary>
    public string? MemoryProfile { get; init; }

    /// <summary>Whether details go to standard error.</summary>
    public bool Verbose { get; init; }

    /// <summary>Whether only warnings and errors go to standard error.</summary>
    public bool Quiet { get; init; }

    /// <summary>Checks what the flags say together.</summary>
    /// <exception cref="ChorusException">They contradict each other.</exception>
    public void Validate()
    {
        Host.Validate();
        if (Verbose && Quiet)
            throw ChorusException.Usage("-v and -quiet exclude each other");
    }
}
