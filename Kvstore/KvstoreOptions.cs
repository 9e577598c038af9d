using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.Kvstore;

/// <summary>What the command line of Kvstore says.</summary>
internal sealed record KvstoreOptions
{
    /// <summary>The replica.</summary>
    public required ReplicaHostOptions Host { get; init; }

    /// <summary>Limits of keys and values.</summary>
    public required KvStateMachineOptions Limits { get; init; }

    /// <summary>What the store holds at first.</summary>
    public Preload Preload { get; init; }

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
        if (Preload.ValueBytes > Limits.ValueBytesMax)
        {
            throw ChorusException.Usage(
                $"-preload: values of {Preload.ValueBytes} bytes are over the limit of {Limits.ValueBytesMax}",
                "Use smaller ones, or raise -valuemax");
        }
        if (Verbose && Quiet)
            throw ChorusException.Usage("-v and -quiet exclude each other");
    }
}
