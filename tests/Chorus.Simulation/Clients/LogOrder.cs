namespace Chorus.Simulation.Clients;

/// <summary>
/// Tries the order that the log suggests: writes by index, gets as late as their answer allows. When it explains a
/// history of one key, no search is needed; when it does not, nothing follows from that.
/// </summary>
internal sealed class LogOrder
{
    private readonly List<Operation> _writes;
    private readonly List<Operation> _gets;
    private readonly List<int> _emptySlots = [0];
    private readonly Dictionary<int, int> _slotOf = [];
    private readonly long[] _lastCall;
    private readonly long[] _earliest;

    private LogOrder(List<Operation> history)
    {
        _writes = [.. history.Where(operation => !operation.IsObservation).OrderBy(write => write.Index)];
        _gets = [.. history.Where(operation => operation.IsObservation)];
        // Slot k lies behind the k-th write. What is asked in it pushes what comes behind it.
        _lastCall = new long[_writes.Count + 1];
        _earliest = new long[_writes.Count + 1];
    }

    /// <summary>Whether the order of the log explains all answers.</summary>
    /// <param name="history">Operations on one key that happened.</param>
    public static bool Explains(List<Operation> history) => new LogOrder(history).Try();

    private bool Try()
    {
        if (!TryReplay())
            return false;
        if (_gets.Exists(get => get.Kind == OperationKind.CompareAndSet && get.Value == get.Expected))
            return false;
        foreach (Operation get in _gets.Where(get => get.Value != 0))
        {
            if (!_slotOf.TryGetValue(get.Value, out int slot))
                return false;
            _lastCall[slot] = Math.Max(_lastCall[slot], get.CalledAt);
        }
        Schedule();
        List<(Operation Get, int Slot)> placed = [];
        foreach (Operation get in _gets)
        {
            int slot = get.Value != 0 ? _slotOf[get.Value] : _emptySlots.FindLast(k => _earliest[k] <= get.ReturnedAt);
            _lastCall[slot] = Math.Max(_lastCall[slot], get.CalledAt);
            placed.Add((get, slot));
        }
        Schedule();
        return placed.TrueForAll(get => _earliest[get.Slot] <= get.Get.ReturnedAt)
            && Enumerable.Range(0, _writes.Count).All(i => _earliest[i + 1] <= _writes[i].ReturnedAt);
    }

    private bool TryReplay()
    {
        int value = 0;
        for (int i = 0; i < _writes.Count; i++)
        {
            Operation write = _writes[i];
            bool fits = write.Kind switch
            {
                OperationKind.Delete => write.Found == (value != 0),
                OperationKind.CompareAndSet => write.Expected == value,
                OperationKind.Increment => write.Value == value + write.Delta,
                _ => true,
            };
            if (write.Index == 0 || !fits)
                return false;
            value = write.Kind == OperationKind.Delete ? 0 : write.Value;
            if (value == 0)
                _emptySlots.Add(i + 1);
            else if (!_slotOf.TryAdd(value, i + 1))
                return false;
        }
        return true;
    }

    private void Schedule()
    {
        for (int i = 0; i < _writes.Count; i++)
            _earliest[i + 1] = Math.Max(Math.Max(_earliest[i], _lastCall[i]), _writes[i].CalledAt);
    }
}
