using System.Diagnostics.CodeAnalysis;

namespace Chorus.Common.Client;

/// <summary>
/// Operations on their way from any thread to the client's thread. Lock-free; many givers, one taker.
/// </summary>
internal sealed class SubmissionQueue(Operation closed)
{
    private Operation? _newest;

    /// <summary>Hands an operation over.</summary>
    /// <returns>False when the queue is closed.</returns>
    internal bool TryGive(Operation operation)
    {
        Operation? newest = Volatile.Read(ref _newest);
        while (newest != closed)
        {
            operation.Next = newest;
            Operation? seen = Interlocked.CompareExchange(ref _newest, operation, newest);
            if (seen == newest)
                return true;
            newest = seen;
        }

        return false;
    }

    /// <summary>
    /// Takes all that were handed over, oldest first, chained by <see cref="Operation.Next"/>.
    /// </summary>
    internal bool TryTakeAll([NotNullWhen(true)] out Operation? oldest)
    {
        oldest = null;
        if (Volatile.Read(ref _newest) is null)
            return false;
        oldest = Reverse(Interlocked.Exchange(ref _newest, null));
        return oldest is not null;
    }

    /// <summary>Closes the queue and takes what is left, oldest first.</summary>
    internal Operation? Close() => Reverse(Interlocked.Exchange(ref _newest, closed));

    private static Operation? Reverse(Operation? newest)
    {
        Operation? oldest = null;
        while (newest is not null)
        {
            Operation? next = newest.Next;
            newest.Next = oldest;
            oldest = newest;
            newest = next;
        }

        return oldest;
    }
}
