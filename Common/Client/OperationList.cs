namespace Chorus.Common.Client;

/// <summary>
/// All operations that wait, in the order in which they came. They all have the same time, so the first is
/// also the first whose deadline passes: no timer is needed for any of them.
/// </summary>
internal sealed class OperationList
{
    internal Operation? Oldest { get; private set; }

    internal int Count { get; private set; }

    private Operation? Youngest { get; set; }

    internal void Add(Operation operation)
    {
        operation.Older = Youngest;
        operation.Younger = null;
        if (Youngest is null)
            Oldest = operation;
        else
            Youngest.Younger = operation;
        Youngest = operation;
        Count++;
    }

    internal void Remove(Operation operation)
    {
        if (operation.Older is null)
            Oldest = operation.Younger;
        else
            operation.Older.Younger = operation.Younger;
        if (operation.Younger is null)
            Youngest = operation.Older;
        else
            operation.Younger.Older = operation.Older;
        operation.Older = operation.Younger = null;
        Count--;
    }
}
