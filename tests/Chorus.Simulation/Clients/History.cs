using Chorus.Common.Protocol;
using Chorus.Simulation.Checks;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Clients;

/// <summary>
/// Everything that clients asked and were told, and what the log made of it; decides in the end whether both agree.
/// </summary>
/// <param name="world">Time.</param>
/// <param name="committed">What has been committed.</param>
internal sealed class History(EventQueue world, CommittedLog committed)
{
    private readonly List<Operation> _operations = [];
    private readonly Dictionary<int, Applied> _applied = [];

    private readonly record struct Applied(ulong Index, long At, Code Code, int Value);

    /// <summary>All operations, in order of their calls.</summary>
    public IReadOnlyList<Operation> Operations => _operations;

    /// <summary>Writes that were answered with success.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Reads that were answered.</summary>
    public int ReadsAnswered { get; private set; }

    /// <summary>Reads that were answered, by how they were asked for.</summary>
    public int[] AnsweredBy { get; } = new int[5];

    /// <summary>What stale reads must be, and what they were.</summary>
    public StaleReads Stale { get; } = new();

    /// <summary>A process has started behind an address for clients.</summary>
    public void Started(string server) => Stale.Started(server);

    /// <summary>A client begins an operation.</summary>
    public Operation Begin(string client, OperationKind kind, int key, int expected = 0, int delta = 0)
    {
        int number = _operations.Count + 1;
        var operation = new Operation
        {
            Number = number,
            Client = client,
            Kind = kind,
            Key = key,
            Value = kind is OperationKind.Set or OperationKind.CompareAndSet ? number : 0,
            Expected = expected,
            Delta = delta,
            CalledAt = world.Now,
            CommittedAtCall = committed.Last,
        };
        _operations.Add(operation);
        return operation;
    }

    /// <summary>A write was applied, for the first time on any replica.</summary>
    /// <param name="number">The operation's number, carried by the command.</param>
    /// <param name="index">Where it stands in the log.</param>
    /// <param name="code">How it ended.</param>
    /// <param name="value">What the state machine answered.</param>
    public void NoteApplied(int number, ulong index, Code code, int value)
    {
        if (!_applied.TryAdd(number, new Applied(index, world.Now, code, value)))
        {
            throw new Violation("exactly once",
                $"operation #{number} was applied at {_applied[number].Index} and again at {index}");
        }
        Operation operation = _operations[number - 1];
        if (operation.Outcome == Outcome.Refused)
            throw new Violation("refused means never", $"{operation} was applied at {index} all the same");
        if (code == Code.ConditionFailed)
            return;
        int left = operation.Kind switch
        {
            OperationKind.Set or OperationKind.CompareAndSet => number,
            OperationKind.Increment => value,
            _ => 0,
        };
        Stale.Applied(operation.Key, index, left);
    }

    /// <summary>A client was told that its operation is done.</summary>
    public void Finish(Operation operation)
    {
        operation.Outcome = Outcome.Done;
        operation.ReturnedAt = world.Now;
        if (operation.Kind == OperationKind.Get)
        {
            ReadsAnswered++;
            AnsweredBy[(int)operation.Reads]++;
            if (operation.Reads != ReadMode.Stale && operation.Index < operation.CommittedAtCall)
            {
                throw new Violation("a read sees whatever was committed when it was asked",
                    $"{operation}: {operation.CommittedAtCall} was committed then");
            }
            return;
        }
        Acknowledged++;
        if (!_applied.TryGetValue(operation.Number, out Applied applied) || applied.Index != operation.Index)
            throw new Violation("acknowledged means applied", $"{operation}: the log has it at {applied.Index}");
    }

    /// <summary>A client was told that its operation did not happen and never will.</summary>
    public void Refuse(Operation operation)
    {
        operation.Outcome = Outcome.Refused;
        operation.ReturnedAt = world.Now;
        if (_applied.TryGetValue(operation.Number, out Applied applied))
            throw new Violation("refused means never", $"{operation} was applied at {applied.Index}");
    }

    /// <summary>
    /// Checks every key. What the clients do not know the committed log does: a write without an answer happened
    /// between its call and its first application, or not at all.
    /// </summary>
    public void CheckLinearizable()
    {
        foreach (Operation operation in _operations)
        {
            if (operation.Outcome != Outcome.Unknown || operation.Kind == OperationKind.Get)
                continue;
            bool happened = _applied.TryGetValue(operation.Number, out Applied applied);
            operation.Outcome = happened ? Outcome.Done : Outcome.Refused;
            operation.ReturnedAt = happened ? applied.At : world.Now;
            operation.Found = applied.Code == Code.Ok;
            operation.Index = applied.Index;
            if (operation.Kind == OperationKind.Increment || applied.Code == Code.ConditionFailed)
                operation.Value = applied.Value;
        }
        foreach (IGrouping<int, Operation> key in _operations.GroupBy(operation => operation.Key))
        {
            if (!LinearizabilityChecker.IsLinearizable(key))
                throw new Violation("linearizability", Describe(key));
        }
    }

    /// <summary>The part of a key's history that no order explains.</summary>
    internal static string Describe(IGrouping<int, Operation> key)
    {
        // The shortest prefix that cannot be ordered tells the story best.
        List<Operation> all = [.. key];
        (int good, int bad) = (0, all.Count);
        while (bad - good > 1)
        {
            int middle = (good + bad) / 2;
            if (LinearizabilityChecker.IsLinearizable(Prefix(all, middle)))
                good = middle;
            else
                bad = middle;
        }
        IEnumerable<Operation> last = Prefix(all, bad).Where(o => o.Outcome == Outcome.Done).TakeLast(12);
        return $"no order explains key k{key.Key}:\n    " + string.Join("\n    ", last);
    }

    private static IEnumerable<Operation> Prefix(List<Operation> all, int count) => all.Take(count);
}
