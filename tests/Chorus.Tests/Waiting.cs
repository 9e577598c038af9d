namespace Chorus.Tests;

internal static class Waiting
{
    internal static void Until(Func<bool> condition, string what) =>
        Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(10)), $"waited ten seconds for: {what}");
}
