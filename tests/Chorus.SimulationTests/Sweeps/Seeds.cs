using Chorus.Simulation;

namespace Chorus.SimulationTests.Sweeps;

/// <summary>The ranges, and how one is run.</summary>
public static class Seeds
{
    private const int PerTest = 25;

    public static TheoryData<int, int> FirstHalf => Ranges(1, 250);

    public static TheoryData<int, int> SecondHalf => Ranges(251, 500);

    public static void AssertClean(int first, int last)
    {
        for (int seed = first; seed <= last; seed++)
        {
            SimulationResult result = SimulatedRun.Run((ulong)seed, new SimulationOptions());
            Assert.True(
                result.IsClean,
                $"seed {seed}: {result.Failure}\nreplay: scripts/simulate --seeds {seed} -v\n"
                    + string.Join('\n', result.Tail));
        }
    }

    private static TheoryData<int, int> Ranges(int first, int last)
    {
        TheoryData<int, int> data = [];
        for (int from = first; from <= last; from += PerTest)
            data.Add(from, from + PerTest - 1);
        return data;
    }
}
