using System.Globalization;

namespace Chorus.Simulation.World;

/// <summary>
/// What happened: a hash over everything, by which two runs are compared, and the newest lines for people.
/// </summary>
internal sealed class Trace(EventQueue world, TextWriter? live)
{
    private const int Kept = 60;
    private readonly Queue<Line> _tail = new(Kept);

    private readonly record struct Line(long At, string Node, string What, ulong A, ulong B, string Detail);

    /// <summary>Hash over all that was added.</summary>
    public ulong Hash { get; private set; } = 0xCBF29CE484222325;

    /// <summary>Whether everything is printed as it happens.</summary>
    public bool IsVerbose => live is not null;

    /// <summary>Notes something. The strings should be constants, or made only when <see cref="IsVerbose"/>.</summary>
    public void Add(string node, string what, ulong a = 0, ulong b = 0, string detail = "")
    {
        Mix((ulong)world.Now);
        Mix(node);
        Mix(what);
        Mix(a);
        Mix(b);
        if (_tail.Count == Kept)
            _tail.Dequeue();
        Line line = new(world.Now, node, what, a, b, detail);
        _tail.Enqueue(line);
        live?.WriteLine(Format(line));
    }

    /// <summary>A node has done a round of work: counts for the hash, is not shown.</summary>
    public void Step(string node, ulong term, ulong commit, ulong last, byte role)
    {
        Mix((ulong)world.Now);
        Mix(node[^1]);
        Mix(term << 32 ^ commit << 8 ^ role);
        Mix(last);
    }

    /// <summary>A line of a node's own log.</summary>
    public void Say(string node, string text) => Add(node, text);

    /// <summary>The newest lines, oldest first.</summary>
    public IEnumerable<string> Tail() => _tail.Select(Format);

    private static string Format(Line line)
    {
        string numbers = (line.A, line.B) switch
        {
            (0, 0) => "",
            (_, 0) => $" {line.A}",
            _ => $" {line.A} {line.B}",
        };
        string detail = line.Detail.Length > 0 ? $" {line.Detail}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"{line.At / 1e6,11:F6} {line.Node,-8} {line.What}{numbers}{detail}");
    }

    private void Mix(ulong value) => Hash = (Hash ^ value) * 0x100000001B3 ^ (Hash >> 29);

    private void Mix(string text)
    {
        foreach (char c in text)
            Mix(c);
    }
}
