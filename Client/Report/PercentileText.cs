using System.Globalization;
using System.Text;
using Chorus.Client.Measure;

namespace Chorus.Client.Report;

/// <summary>
/// A histogram in the text form that the tools of HdrHistogram write and plot: value in milliseconds, percentile,
/// count up to there, 1 / (1 - percentile).
/// </summary>
internal static class PercentileText
{
    private const int StepsPerHalf = 5;

    public static string Of(Histogram histogram)
    {
        StringBuilder text = new();
        text.Append("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
        using IEnumerator<(long Us, long CountUpTo)> buckets = histogram.Cumulative().GetEnumerator();
        (long us, long upTo) = (0, 0);
        double percentile = 0;
        while (histogram.Count > 0 && upTo < histogram.Count)
        {
            while (upTo < histogram.Count && (upTo == 0 || (double)upTo / histogram.Count < percentile))
            {
                buckets.MoveNext();
                (us, upTo) = buckets.Current;
            }
            if (upTo == histogram.Count)
                break;
            Append(text, us, percentile, upTo);
            // Steps grow finer by half each time the rest is halved: as many lines for each further "nine".
            double halvings = Math.Floor(Math.Log2(1 / (1 - percentile))) + 1;
            percentile += 1 / (StepsPerHalf * Math.Pow(2, halvings));
        }
        if (histogram.Count > 0)
            Append(text, us, 1, histogram.Count);
        text.Append(CultureInfo.InvariantCulture, $"#[Mean    = {histogram.MeanUs / 1000,12:0.000}, ");
        text.Append(CultureInfo.InvariantCulture, $"StdDeviation   = {histogram.DeviationUs / 1000,12:0.000}]\n");
        text.Append(CultureInfo.InvariantCulture,
            $"#[Max     = {histogram.MaxUs / 1000.0,12:0.000}, Total count    = {histogram.Count,12}]\n");
        text.Append(CultureInfo.InvariantCulture,
            $"#[Buckets = {Histogram.Buckets,12}, SubBuckets     = {Histogram.SubBuckets,12}]\n");
        return text.ToString();
    }

    private static void Append(StringBuilder text, long us, double percentile, long upTo)
    {
        text.Append(CultureInfo.InvariantCulture, $"{us / 1000.0,12:0.000} {percentile:0.000000000000} {upTo,10}");
        if (percentile < 1)
            text.Append(CultureInfo.InvariantCulture, $" {1 / (1 - percentile),14:0.00}");
        text.Append('\n');
    }
}
