namespace Chorus.Tests.Log;

/// <summary>Loss of power at every operation of the disk, and random work against a list.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(-1.0)]
    public void Loss_of_power_at_any_operation_loses_nothing_that_was_durable(double keepChance)
    {
        for (int diesAt = 1; ; diesAt++)
        {
            var storage = new FragileStorage { DiesAt = diesAt };
            var model = new LogModel(seed: 7);
            bool died = model.Run(storage, steps: 25);
            if (!died)
                return;
            Random? random = keepChance < 0 ? null : new Random(diesAt);
            Recover(storage, model, random, keepChance, depth: 0);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_work_with_crashes_agrees_with_a_list(int group)
    {
        for (int seed = group * 1000; seed < group * 1000 + 40; seed++)
        {
            var random = new Random(seed);
            var storage = new FragileStorage();
            var model = new LogModel(seed);
            for (int life = 0; life < 8; life++)
            {
                storage.DiesAt = storage.Operations + random.Next(1, 250);
                model.Run(storage, steps: random.Next(1, 60));
                storage = random.Next(2) == 0
                    ? storage.AfterKill()
                    : storage.AfterLoss(random, random.NextDouble());
            }
        }
    }

    // Also dies once at every operation of the recovery itself.
    private static void Recover(
        FragileStorage storage, LogModel model, Random? random, double keepChance, int depth)
    {
        FragileStorage found = storage.AfterLoss(random, keepChance);
        LogModel state = model.Clone();
        Assert.False(state.Run(found, steps: 3));
        Assert.False(state.Run(found, steps: 0));
        if (depth > 0)
            return;
        for (int diesAt = 1; ; diesAt += 2)
        {
            FragileStorage again = storage.AfterLoss(random is null ? null : new Random(diesAt), keepChance);
            again.DiesAt = diesAt;
            LogModel copy = model.Clone();
            if (!copy.Run(again, steps: 2))
                return;
            Recover(again, copy, random, keepChance, depth + 1);
        }
    }
}
