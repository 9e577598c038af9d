using System.Diagnostics;
using System.Globalization;

namespace Chorus.Simulation.Commands;

/// <summary>Runs a range of seeds on several threads; runs share nothing but the mutant.</summary>
internal sealed class Sweep(Arguments arguments, TextWriter output)
{
    /// <summary>A check has failed.</summary>
    public const int CheckFailed = 4;

    private const int ProgressMs = 5_000;
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<ulong> _failed = [];
    private ulong _next = arguments.First;
    private ulong _done;
    private long _lastProgressMs;

    /// <summary>Runs the seeds; with a mutant only until it is found.</summary>
    public int Run()
    {
        if (arguments.Mutant is { } mutant)
            MutantSwitch.TurnOn(mutant);
        Thread[] workers = [.. Enumerable.Range(0, arguments.Jobs).Select(_ => new Thread(Work))];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();
        string seconds = _watch.Elapsed.TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
        if (arguments.Mutant is null)
        {
            output.WriteLine($"{_done} seeds, {_failed.Count} failed ({seconds} s)");
            return _failed.Count == 0 ? 0 : CheckFailed;
        }
        output.WriteLine(_failed.Count > 0
            ? $"mutant {arguments.Mutant}: found by seed {_failed.Min()} after {_done} seeds ({seconds} s)"
            : $"mutant {arguments.Mutant}: NOT FOUND by {_done} seeds ({seconds} s)");
        return _failed.Count > 0 ? 0 : CheckFailed;
    }

    private void Work()
    {
        SimulationOptions options = new(arguments.Verbose ? output : null, arguments.BitFlips);
        while (TryTake(out ulong seed))
        {
            SimulationResult result = SimulatedRun.Run(seed, options);
            lock (_lock)
                Note(result);
        }
    }

    private bool TryTake(out ulong seed)
    {
        lock (_lock)
        {
            bool enough = arguments.Mutant is not null && _failed.Count > 0;
            seed = _next;
            if (enough || _next > arguments.Last)
                return false;
            _next++;
            return true;
        }
    }

    private void Note(SimulationResult result)
    {
        _done++;
        if (!result.IsClean)
        {
            _failed.Add(result.Seed);
            Report(result);
        }
        if (arguments.Hash)
            output.WriteLine($"{result.Seed} {result.TraceHash:x16} {result.Summary}");
        else if (arguments.Verbose)
            output.WriteLine($"seed {result.Seed}: {result.Summary}");
        if (_watch.ElapsedMilliseconds - _lastProgressMs < ProgressMs)
            return;
        _lastProgressMs = _watch.ElapsedMilliseconds;
        Console.Error.WriteLine($"{_done} of {arguments.Last - arguments.First + 1} seeds, {_failed.Count} failed");
    }

    private void Report(SimulationResult result)
    {
        string mutant = arguments.Mutant is null ? "" : $" --mutant {arguments.Mutant}";
        string flips = arguments.BitFlips ? " --bit-flips" : "";
        output.WriteLine($"seed {result.Seed} FAILED: {result.Failure}");
        if (!arguments.Verbose && arguments.Mutant is null)
        {
            foreach (string line in result.Tail)
                output.WriteLine($"    {line}");
        }
        output.WriteLine($"  {result.Summary}");
        output.WriteLine($"  replay: scripts/simulate --seeds {result.Seed}{mutant}{flips} -v");
    }
}
