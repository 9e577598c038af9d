using System.Globalization;
using Chorus.Simulation.Clients;

namespace Chorus.Simulation.Commands;

/// <summary>Checks what <c>Client history</c> has noted of a real cluster.</summary>
internal static class HistoryCheck
{
    private const string Title = "chorus-history 1";
    private const int NotLinearizable = 4;
    private const int NoHistory = 5;
    private const int Undecided = 6;

    /// <summary>Checks a file, key by key. Returns the exit code.</summary>
    public static int Run(string path, TextWriter output)
    {
        List<Operation> operations;
        try
        {
            operations = [.. Read(path)];
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
        {
            output.WriteLine($"{path}: {error.Message}");
            return NoHistory;
        }
        List<IGrouping<int, Operation>> keys = [.. operations.GroupBy(operation => operation.Key)];
        IGrouping<int, Operation>[] bad;
        try
        {
            bad = [.. keys.Where(key => !LinearizabilityChecker.IsLinearizable(key))];
        }
        catch (InvalidOperationException error)
        {
            output.WriteLine($"{path}: {error.Message}: let fewer callers contend, or for more keys");
            return Undecided;
        }
        foreach (IGrouping<int, Operation> key in bad)
            output.WriteLine(History.Describe(key));
        int unknown = operations.Count(operation => operation.Outcome == Outcome.Unknown);
        int refused = operations.Count(operation => operation.Outcome == Outcome.Refused);
        output.WriteLine(
            $"{operations.Count} operations on {keys.Count} keys, {unknown} of unknown outcome, {refused} refused: "
            + (bad.Length == 0 ? "linearizable" : $"{bad.Length} keys NOT linearizable"));
        return bad.Length == 0 ? 0 : NotLinearizable;
    }

    private static IEnumerable<Operation> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != Title)
            throw new FormatException($"it does not begin with '{Title}': 'Client history' of this version writes it");
        if (lines[^1] != string.Create(CultureInfo.InvariantCulture, $"end {lines.Length - 2}"))
            throw new FormatException("it ends early: the program that wrote it did not end properly");
        return lines[1..^1].Select(Parse);
    }

    // number caller operation key expected delta called returned outcome value found index
    private static Operation Parse(string line)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 12 || !Enum.TryParse(parts[2], out OperationKind kind)
            || !Enum.TryParse(parts[8], out Outcome outcome))
            throw new FormatException($"'{line}' is no operation");
        long returned = long.Parse(parts[7], CultureInfo.InvariantCulture);
        bool hasNoEnd = outcome == Outcome.Unknown || returned < 0;
        return new Operation
        {
            Number = Number(parts[0]),
            Client = parts[1],
            Kind = kind,
            Key = Number(parts[3]),
            Expected = Number(parts[4]),
            Delta = Number(parts[5]),
            CalledAt = long.Parse(parts[6], CultureInfo.InvariantCulture),
            ReturnedAt = hasNoEnd ? long.MaxValue : returned,
            Outcome = outcome,
            // Of a set and a compare-and-set without an answer the value is what they would have set.
            Value = outcome == Outcome.Unknown && kind is OperationKind.Set or OperationKind.CompareAndSet
                ? Number(parts[0])
                : Number(parts[9]),
            Found = parts[10] == "1",
            Index = ulong.Parse(parts[11], CultureInfo.InvariantCulture),
        };
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
