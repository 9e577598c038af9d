using Chorus.Client.Measure;

namespace Chorus.Tests.ClientProgram;

public sealed class HistogramTests
{
    [Fact]
    public void Short_durations_are_exact()
    {
        Histogram histogram = new();
        for (int us = 1; us <= 1000; us++)
            histogram.Record(us);
        Assert.Equal(500, histogram.PercentileUs(50));
        Assert.Equal(990, histogram.PercentileUs(99));
        Assert.Equal(999, histogram.PercentileUs(99.9));
        Assert.Equal(1000, histogram.PercentileUs(100));
        Assert.Equal(1, histogram.PercentileUs(0));
        Assert.Equal(500.5, histogram.MeanUs, 3);
        Assert.Equal(288.675, histogram.DeviationUs, 3);
    }

    [Theory]
    [InlineData(2_047)]
    [InlineData(2_048)]
    [InlineData(4_095)]
    [InlineData(4_096)]
    [InlineData(123_456)]
    [InlineData(9_999_999)]
    [InlineData(59_999_999)]
    [InlineData(60_000_000)]
    public void Long_durations_keep_three_digits(long us)
    {
        Histogram histogram = new();
        histogram.Record(us);
        histogram.Record(Histogram.HighestUs);
        Assert.InRange(histogram.PercentileUs(50), us, us + (us / 1000.0));
    }

    [Fact]
    public void Every_duration_falls_into_a_bucket_that_holds_it()
    {
        long us = 1;
        while (us <= Histogram.HighestUs)
        {
            Histogram histogram = new();
            histogram.Record(us);
            histogram.Record(Histogram.HighestUs);
            Assert.InRange(histogram.PercentileUs(1), us, us + (us / 1000.0));
            us += 1 + (us / 7);
        }
    }

    [Fact]
    public void A_duration_beyond_the_range_is_counted_and_its_maximum_kept()
    {
        Histogram histogram = new();
        histogram.Record(90_000_000);
        Assert.Equal(1, histogram.Count);
        Assert.Equal(90_000_000, histogram.MaxUs);
        Assert.InRange(histogram.PercentileUs(50), Histogram.HighestUs, Histogram.HighestUs * 1.001);
    }

    [Fact]
    public void Sums_are_those_of_one_histogram()
    {
        Histogram left = new();
        Histogram right = new();
        Histogram both = new();
        for (int i = 0; i < 10_000; i++)
        {
            (i % 3 == 0 ? left : right).Record(i * 17);
            both.Record(i * 17);
        }
        left.Add(right);
        foreach (double percent in (double[])[1, 25, 50, 75, 90, 99, 99.9, 100])
            Assert.Equal(both.PercentileUs(percent), left.PercentileUs(percent));
        Assert.Equal(both.Count, left.Count);
        Assert.Equal(both.MeanUs, left.MeanUs, 6);
    }

    [Fact]
    public void Cleared_is_like_new()
    {
        Histogram histogram = new();
        histogram.Record(5);
        histogram.Clear();
        Assert.Equal(0, histogram.Count);
        Assert.Equal(0, histogram.MaxUs);
        Assert.Equal(0, histogram.PercentileUs(50));
        Assert.Empty(histogram.Cumulative());
    }

    [Fact]
    public void The_range_takes_sixteen_powers_of_two() => Assert.Equal(16, Histogram.Buckets);
}
