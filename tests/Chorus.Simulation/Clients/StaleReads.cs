using Chorus.Simulation.Checks;

namespace Chorus.Simulation.Clients;

/// <summary>
/// What stale reads may say: what stood in the log at the index that the answer names, and to one client never less
/// than it was told before by the same process.
/// </summary>
internal sealed class StaleReads
{
    private readonly Dictionary<int, List<(ulong Index, int Value)>> _values = [];
    private readonly Dictionary<string, int> _lives = [];
    private readonly Dictionary<(string Client, string Server, int Life), ulong> _seen = [];

    /// <summary>How often a process was started behind an address.</summary>
    public int LifeOf(string server) => _lives.GetValueOrDefault(server);

    /// <summary>A process has started behind an address.</summary>
    public void Started(string server) => _lives[server] = LifeOf(server) + 1;

    /// <summary>A key got another value, by the log.</summary>
    public void Applied(int key, ulong index, int value)
    {
        if (!_values.TryGetValue(key, out List<(ulong Index, int Value)>? values))
            _values[key] = values = [];
        values.Add((index, value));
    }

    /// <summary>A stale read was answered.</summary>
    /// <param name="operation">It.</param>
    /// <param name="server">Who answered.</param>
    /// <param name="life">Which life of that server was asked.</param>
    public void Answered(Operation operation, string server, int life)
    {
        int value = 0;
        if (_values.TryGetValue(operation.Key, out List<(ulong Index, int Value)>? values))
            value = values.LastOrDefault(v => v.Index <= operation.Index).Value;
        if (operation.Value != value)
        {
            throw new Violation("a stale read sees some committed state",
                $"{operation}: {server} answers {operation.Value}, the log has {value} there");
        }
        if (life != LifeOf(server))
            return;
        var key = (operation.Client, server, life);
        if (operation.Index < _seen.GetValueOrDefault(key))
        {
            throw new Violation("stale reads of one process do not go back",
                $"{operation}: {server} had answered as of {_seen[key]}");
        }
        _seen[key] = operation.Index;
    }
}
