using System.Collections.Concurrent;

namespace Chorus.Common.Client;

/// <summary>Operations to be used again. Thread-safe.</summary>
internal sealed class OperationPool(ClientThread owner)
{
    private const int KeptMax = 16_384;

    private readonly ConcurrentQueue<Operation> _kept = new();
    private int _count;

    internal Operation Take()
    {
        if (!_kept.TryDequeue(out Operation? operation))
            return new Operation(owner);
        Interlocked.Decrement(ref _count);
        return operation;
    }

    internal void Return(Operation operation)
    {
        if (Volatile.Read(ref _count) >= KeptMax)
            return;
        Interlocked.Increment(ref _count);
        _kept.Enqueue(operation);
    }
}
