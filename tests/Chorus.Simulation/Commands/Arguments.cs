using System.Globalization;

namespace Chorus.Simulation.Commands;

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Runs the production loop, log and state machine over a simulated network, disk and clock.

          scripts/simulate --seeds 1..300            a sweep; exit code 4 when a seed fails
          scripts/simulate --seeds 4711 -v           one seed, everything it does
          scripts/simulate --seeds 1..500 --mutant CommitOldTerms
                                                     until the mutant is found; exit code 4 when it is not
          scripts/simulate --seeds 1..500 --mutant all
          scripts/simulate --history FILE            whether what 'Client history' has written is linearizable

          --seeds A..B | N   seeds to run, both ends included; default 1..100
          --mutant NAME      break a rule on purpose (all: one after the other)
          --jobs N           runs at the same time; default 2
          --bit-flips        bits flip on disks, too
          --history FILE     no simulation; exit code 4 when no order explains the answers, 5 when it is no such file,
                             6 when it cannot be decided
          --hash             print the trace hash of every seed
          -v                 print every event; with one seed only
        """;

    public ulong First { get; private init; } = 1;

    public ulong Last { get; private init; } = 100;

    public string? Mutant { get; private init; }

    public string? History { get; private init; }

    public int Jobs { get; private init; } = 2;

    public bool BitFlips { get; private init; }

    public bool Hash { get; private init; }

    public bool Verbose { get; private init; }

    /// <summary>Reads the command line; null and an error when it makes no sense.</summary>
    public static Arguments? Parse(string[] args, out string error)
    {
        error = "";
        Arguments parsed = new();
        for (int i = 0; i < args.Length; i++)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--seeds" when TryRange(value, out ulong first, out ulong last):
                    parsed = parsed with { First = first, Last = last };
                    i++;
                    break;
                case "--mutant" when value == "all" || MutantSwitch.Names.Contains(value):
                    parsed = parsed with { Mutant = value };
                    i++;
                    break;
                case "--mutant":
                    error = $"no mutant {value}; there are: all, {string.Join(", ", MutantSwitch.Names)}";
                    return null;
                case "--jobs" when int.TryParse(value, out int jobs) && jobs > 0:
                    parsed = parsed with { Jobs = jobs };
                    i++;
                    break;
                case "--history" when value.Length > 0:
                    parsed = parsed with { History = value };
                    i++;
                    break;
                case "--bit-flips":
                    parsed = parsed with { BitFlips = true };
                    break;
                case "--hash":
                    parsed = parsed with { Hash = true };
                    break;
                case "-v":
                    parsed = parsed with { Verbose = true };
                    break;
                default:
                    error = args[i] is "-h" or "--help" ? "" : $"{args[i]} {value}: not understood";
                    return null;
            }
        }
        if (parsed.Verbose && parsed.First != parsed.Last)
        {
            error = "-v needs a single seed: --seeds 4711 -v";
            return null;
        }
        return parsed;
    }

    private static bool TryRange(string text, out ulong first, out ulong last)
    {
        string[] ends = text.Split("..");
        last = 0;
        return ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out last)
            && ends.Length <= 2 && first <= last;
    }
}
