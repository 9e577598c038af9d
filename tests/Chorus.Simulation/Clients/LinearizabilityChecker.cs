using Chorus.Common.Protocol;

namespace Chorus.Simulation.Clients;

/// <summary>
/// Decides whether a history of one key could have come from a single register that does one operation at a time,
/// each somewhere between its call and its return.
/// </summary>
/// <remarks>
/// The search of Wing and Gong with the memo of Lowe: take any operation whose call stands before the first return of
/// those not yet taken, see whether the register would have answered so, go on; never visit the same pair of (set
/// taken, register) twice. Writes of unknown outcome may be taken at any time after their call, or never.
/// </remarks>
internal sealed class LinearizabilityChecker
{
    private const int VisitsMax = 2_000_000;
    private readonly List<Operation> _operations;
    private readonly HashSet<(UInt128 Taken, int Value)> _visited = [];
    private readonly ulong[] _identity;
    private readonly bool[] _taken;
    private int _required;
    private int _firstOpen;

    private LinearizabilityChecker(List<Operation> operations)
    {
        _operations = operations;
        _taken = new bool[operations.Count];
        _identity = new ulong[operations.Count];
        _required = operations.Count(operation => operation.Outcome == Outcome.Done);
        World.SeededRandom random = new(42);
        for (int i = 0; i < _identity.Length; i++)
            _identity[i] = random.NextBits();
    }

    /// <summary>Checks the operations of one key. Refused ones, unanswered and stale gets do not
    /// matter.</summary>
    /// <param name="history">In order of their calls.</param>
    public static bool IsLinearizable(IEnumerable<Operation> history)
    {
        List<Operation> relevant = [.. history.Where(Matters)];
        bool hasHappened = relevant.TrueForAll(operation => operation.Outcome == Outcome.Done);
        return (hasHappened && LogOrder.Explains(relevant)) || new LinearizabilityChecker(relevant).Search();
    }

    private static bool Matters(Operation operation) =>
        (operation.Outcome == Outcome.Done && operation.Reads != ReadMode.Stale)
        || (operation.Outcome == Outcome.Unknown && operation.Kind != OperationKind.Get);

    private bool Search()
    {
        // An explicit stack: histories are long, and each level takes one operation.
        Stack<(int Taken, int Value, int Next, int FirstOpen)> path = new();
        (int value, int next) = (0, 0);
        UInt128 taken = 0;
        while (_required > 0)
        {
            if (TryTake(value, next, taken, out int chosen, out int newValue))
            {
                path.Push((chosen, value, chosen + 1, _firstOpen));
                Mark(chosen, true);
                taken = Toggle(taken, chosen);
                (value, next) = (newValue, 0);
                continue;
            }
            if (!path.TryPop(out (int Taken, int Value, int Next, int FirstOpen) back))
                return false;
            Mark(back.Taken, false);
            taken = Toggle(taken, back.Taken);
            (value, next, _firstOpen) = (back.Value, back.Next, back.FirstOpen);
            next = Math.Max(next, _firstOpen);
        }
        return true;
    }

    private bool TryTake(int value, int from, UInt128 taken, out int chosen, out int newValue)
    {
        while (_firstOpen < _taken.Length && _taken[_firstOpen])
            _firstOpen++;
        long firstReturn = long.MaxValue;
        for (int i = _firstOpen; i < _operations.Count && _operations[i].CalledAt <= firstReturn; i++)
        {
            if (!_taken[i])
                firstReturn = Math.Min(firstReturn, _operations[i].ReturnedAt);
        }
        for (int i = Math.Max(from, _firstOpen); i < _operations.Count; i++)
        {
            Operation operation = _operations[i];
            if (operation.CalledAt > firstReturn)
                break;
            if (_taken[i] || !Answers(operation, value, out newValue))
                continue;
            if (!_visited.Add((Toggle(taken, i), newValue)))
                continue;
            if (_visited.Count > VisitsMax)
                throw new InvalidOperationException("the history is too entangled to be decided");
            chosen = i;
            return true;
        }
        (chosen, newValue) = (-1, 0);
        return false;
    }

    /// <summary>Whether a register holding a value would have answered so, and what it holds then.</summary>
    private static bool Answers(Operation operation, int value, out int after)
    {
        bool isDone = operation.Outcome == Outcome.Done;
        bool holds = value == operation.Expected;
        after = operation.Kind switch
        {
            OperationKind.Get => value,
            OperationKind.Set => operation.Value,
            OperationKind.CompareAndSet when holds => operation.Number,
            OperationKind.CompareAndSet => value,
            OperationKind.Increment => value + operation.Delta,
            _ => 0,
        };
        return operation.Kind switch
        {
            OperationKind.Get => operation.Value == value,
            OperationKind.Delete when isDone => operation.Found == (value != 0),
            OperationKind.CompareAndSet when isDone => operation.Found ? holds : !holds && operation.Value == value,
            OperationKind.Increment when isDone => operation.Value == after,
            _ => true,
        };
    }

    private void Mark(int operation, bool taken)
    {
        _taken[operation] = taken;
        if (_operations[operation].Outcome == Outcome.Done)
            _required += taken ? -1 : 1;
    }

    private UInt128 Toggle(UInt128 taken, int operation)
    {
        ulong identity = _identity[operation];
        return taken ^ new UInt128(identity, identity * 0x9E3779B97F4A7C15 ^ (identity >> 31));
    }
}
