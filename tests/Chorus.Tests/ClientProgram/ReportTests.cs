using System.Globalization;
using System.Xml.Linq;
using Chorus.Client.Commands;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Client.Report;

namespace Chorus.Tests.ClientProgram;

public sealed class ReportTests
{
    private static readonly Sample Second = new(0, 1, 1000, 0, 0, 500, 2000, 9000);

    [Theory]
    [InlineData(0, "0 µs")]
    [InlineData(312, "312 µs")]
    [InlineData(999, "999 µs")]
    [InlineData(1_240, "1.24 ms")]
    [InlineData(12_400, "12.4 ms")]
    [InlineData(124_000, "124 ms")]
    [InlineData(2_300_000, "2.30 s")]
    public void Durations_have_three_digits_and_the_unit_that_fits(long us, string text) =>
        Assert.Equal(text, Units.Duration(us));

    [Theory]
    [InlineData(7, "0 1 2 3 4 5 6 7")]
    [InlineData(100, "0 20 40 60 80 100")]
    [InlineData(61_500, "0 10000 20000 30000 40000 50000 60000 70000")]
    [InlineData(0, "0 0.2 0.4 0.6 0.8 1")]
    public void Axes_have_round_numbers(double max, string expected)
    {
        string ticks = string.Join(' ', Scale.FromZero(max, 0, 100).Ticks()
            .Select(tick => tick.ToString("0.##", CultureInfo.InvariantCulture)));
        Assert.Equal(expected, ticks);
    }

    [Fact]
    public void A_logarithmic_axis_covers_its_values_and_at_least_a_decade()
    {
        Scale scale = Scale.Powers(430, 470, 100, 0);
        Assert.True(scale.From <= 430 && scale.To >= 470 && scale.To / scale.From >= 9.9);
        Assert.Equal(100, scale.Place(scale.From), 6);
        Assert.Equal(0, scale.Place(scale.To), 6);
        Assert.All(Scale.Powers(1, 50_000_000, 100, 0).Ticks(), tick =>
            Assert.Equal(Math.Round(Math.Log10(tick)), Math.Log10(tick), 6));
    }

    [Fact]
    public void Charts_of_nothing_and_of_one_value_can_be_drawn()
    {
        Totals totals = new(openLoop: false);
        AssertDrawn(Chart.Throughput("a <b>", []));
        AssertDrawn(Chart.LatencyOverTime("a", [Second with { Operations = 0, P50Us = 0, P99Us = 0, MaxUs = 0 }]));
        AssertDrawn(Chart.Percentiles("a", totals));
        totals.Service.Record(7);
        AssertDrawn(Chart.Percentiles("a", totals));
        AssertDrawn(Chart.Throughput("a", [Second with { Errors = 3 }]));
    }

    [Fact]
    public void Percentiles_are_written_in_ascending_lines_up_to_the_whole()
    {
        Histogram histogram = new();
        for (int us = 1; us <= 10_000; us++)
            histogram.Record(us);
        string[] lines = PercentileText.Of(histogram).TrimEnd().Split('\n');
        Assert.Equal("       Value     Percentile TotalCount 1/(1-Percentile)", lines[0]);
        double[][] rows =
        [
            .. lines.Where(line => line.Length > 0 && !line.StartsWith('#')).Skip(1).Select(line => line
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray()),
        ];
        Assert.True(rows.Length > 30);
        Assert.All(rows.Zip(rows.Skip(1)), pair =>
            Assert.True(pair.First[0] <= pair.Second[0] && pair.First[1] <= pair.Second[1]));
        Assert.All(rows[..^1], row => Assert.True(row[2] / 10_000 >= row[1] - 1e-9));
        Assert.Equal([10.0, 1.0, 10_000.0], rows[^1]);
        Assert.Contains("Total count    =        10000]", lines[^2], StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_is_one_plain_line_every_five_seconds_without_a_terminal()
    {
        StringWriter writer = new();
        ProgressLine progress = new(writer, redraw: false);
        for (int second = 1; second <= 12; second++)
            progress.Show(new LoadProgress(LoadPhase.Measure, Second, second / 12.0, second * 1000, 0));
        progress.End();
        string[] lines = writer.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.Equal(" 42 %  5,000 operations, 1,000/s, p50 500 µs, p99 2.00 ms", lines[0]);
        Assert.DoesNotContain('\u001b', writer.ToString());
    }

    [Fact]
    public void Progress_on_a_terminal_is_redrawn_in_place_and_leaves_nothing_behind()
    {
        StringWriter writer = new();
        ProgressLine progress = new(writer, redraw: true);
        progress.Show(new LoadProgress(LoadPhase.WarmUp, Second, 0.5, 1000, 2));
        progress.End();
        Assert.Equal(
            "\r[############............] warm-up  50 %  1,000 operations, 1,000/s, p50 500 µs, p99 2.00 ms, 2 errors"
            + "\u001b[K\r\u001b[K",
            writer.ToString());
    }

    [Theory]
    [InlineData("set a b", "set|a|b")]
    [InlineData("  set\t'a b'  \"c\\\"d\\n\" ", "set|a b|c\"d\n")]
    [InlineData("set a'b'\"c\" ''", "set|abc|")]
    [InlineData("", "")]
    public void Words_are_split_at_spaces_outside_of_quotes(string line, string expected)
    {
        Assert.True(WordReader.TryRead(line, out List<string> words, out _));
        Assert.Equal(expected, string.Join('|', words));
    }

    private static void AssertDrawn(string svg)
    {
        XDocument drawing = XDocument.Parse(svg);
        Assert.All(drawing.Descendants().Attributes(), attribute =>
            Assert.DoesNotContain("NaN", attribute.Value, StringComparison.Ordinal));
    }
}
