using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>The state machine of a replica process, and what belongs to it.</summary>
/// <param name="machine">What is replicated.</param>
public sealed class HostedState(IStateMachine machine) : IDisposable
{
    /// <summary>What is replicated.</summary>
    public IStateMachine Machine { get; } = machine;

    /// <summary>Its file, for transfer; null: there is none.</summary>
    public IImageSource? Image { get; init; }

    /// <summary>Called when the node stops in good order and nobody applies any more; null: nothing to do.</summary>
    public Action? Stopping { get; init; }

    /// <summary>What is closed with it, in this order.</summary>
    public IReadOnlyList<IDisposable> Owned { get; init; } = [];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable owned in Owned)
            owned.Dispose();
    }
}
