using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>What a step of a stream came to.</summary>
internal enum ServingStep
{
    /// <summary>There is nothing to send before the log grows.</summary>
    Waiting,

    /// <summary>Something was done, nothing is to be sent yet; more is to do.</summary>
    Working,

    /// <summary>A chunk is ready.</summary>
    Chunk,

    /// <summary>Everything was sent.</summary>
    End,

    /// <summary>It cannot go on: see <see cref="Serving.Refusal"/>.</summary>
    Refused,
}

/// <summary>What a stream sends, step by step; each step does a bounded amount of work.</summary>
internal abstract class Serving
{
    /// <summary>Where the next chunk begins.</summary>
    public abstract LogIndex Position { get; }

    /// <summary>Whether only the end is left to be said, for which no credit is needed.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>First index that must be kept for it.</summary>
    public abstract LogIndex Pinned { get; }

    /// <summary>Whether what it waited for is there, although the log has not grown.</summary>
    public virtual bool HasNews => false;

    /// <summary>Memory that it holds, of what the streams share; grows from step to step.</summary>
    public virtual long HeldBytes => 0;

    /// <summary>Bytes that the last step read.</summary>
    public long StepBytes { get; protected set; }

    /// <summary>Why it cannot go on.</summary>
    public Refusal? Refusal { get; protected set; }

    /// <summary>Nobody asks for another step.</summary>
    public virtual void End()
    {
    }

    /// <summary>Does the next step.</summary>
    /// <param name="extent">What may be read now.</param>
    /// <param name="heldBytesMax">Most that <see cref="HeldBytes"/> may become.</param>
    /// <param name="header">Gets what the content says of a chunk or of the end.</param>
    /// <param name="body">The chunk's bytes; valid until the next step of any stream.</param>
    /// <exception cref="LogCorruptionException">The bytes on disk are not what was written.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public abstract ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body);
}
