using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;

namespace Chorus.Kvstore;

/// <summary>What the command line of Kvstore says.</summary>
internal sealed record KvstoreOptions
{
    /// <summary>What every replica has.</summary>
    public required ReplicaProcessOptions Process { get; init; }

    /// <summary>The replica.</summary>
    public ReplicaHostOptions Host => Process.Host;

    /// <summary>Limits of keys and values.</summary>
    public required KvStateMachineOptions Limits { get; init; }

    /// <summary>What the store holds at first.</summary>
    public Preload Preload { get; init; }

    /// <summary>Checks what the flags say together.</summary>
    /// <exception cref="ChorusException">They contradict each other.</exception>
    public void Validate()
    {
        Process.Validate();
        if (Preload.ValueBytes > Limits.ValueBytesMax)
        {
            throw ChorusException.Usage(
                $"-preload: values of {Preload.ValueBytes} bytes are over the limit of {Limits.ValueBytesMax}",
                "Use smaller ones, or raise -valuemax");
        }
    }
}
