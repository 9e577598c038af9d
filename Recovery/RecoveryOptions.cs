using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Raft;

namespace Chorus.Recovery;

/// <summary>What the command line of Recovery says.</summary>
internal sealed record RecoveryOptions
{
    /// <summary>Transfer addresses of replicas or loggers.</summary>
    public required IReadOnlyList<HostEndpoint> Sources { get; init; }

    /// <summary>Client addresses of replicas, for their digests; empty: those that the cluster names.</summary>
    public IReadOnlyList<HostEndpoint> Servers { get; init; } = [];

    /// <summary>Pause before anything is asked.</summary>
    public TimeSpan After { get; init; }

    /// <summary>First index.</summary>
    public ulong From { get; init; } = 1;

    /// <summary>Last index; null: the newest one.</summary>
    public ulong? To { get; init; }

    /// <summary>Whether only the last command of each key is wanted.</summary>
    public bool Compact { get; init; }

    /// <summary>Whether the state machine's file is wanted, and only the log behind it.</summary>
    public bool Image { get; init; }

    /// <summary>Data directory to make; null: none.</summary>
    public string? OutDirectory { get; init; }

    /// <summary>Name of the node that is to start from it.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>What the store holds before entry 1; null: as the cluster says.</summary>
    public Preload? Preload { get; init; }

    /// <summary>Whether the answer is one line of JSON.</summary>
    public bool Json { get; init; }

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
        Require(Sources.Count > 0, "-recov is missing: -recov HOST:PORT", "Name the -hrecov address of a replica");
        Require(From >= 1, "-from: the first index is 1");
        Require(To is null || To >= From, $"-to {To} lies before -from {From}", "Swap them");
        Require(!(Verbose && Quiet), "-v and -quiet exclude each other");
        Require(
            !Compact || From == 1, "-compact: a state can be made only of the commands from the first one on",
            "Leave out -from");
        Require(
            !Image || (From == 1 && To is null && !Compact && OutDirectory is null),
            "-image excludes -from, -to, -compact and -out: it brings the file as it is, and the log behind it",
            "Leave one of them out");
        if (OutDirectory is null)
        {
            Require(NodeName.Length == 0, "-id names the node of a data directory", "Add -out DIR, or leave -id out");
            return;
        }
        Require(!Compact, "-compact and -out exclude each other: a log with holes is no log", "Leave out one of them");
        Require(From == 1, "-out: a log begins with index 1", "Leave out -from");
        Require(
            NodeId.IsValid(NodeName), $"-id: '{NodeName}' is no node name",
            "Use 1 to 64 letters, digits, dots, hyphens and underscores, and a name that no member has");
    }

    private static void Require(bool condition, string message, string cure = "")
    {
        if (!condition)
            throw ChorusException.Usage(message, cure);
    }
}
