namespace Chorus.Client.Report;

/// <summary>A chart with a title, two axes with units, a grid, a legend and some lines.</summary>
internal sealed class Chart
{
    private const int Width = 960;
    private const int Height = 440;
    private const double Left = 96;
    private const double Right = Width - 44;
    private const double Top = 72;
    private const double Bottom = Height - 62;
    private const double LegendLetter = 7.8;
    private const double LegendGap = 46;

    private const string Blue = "#2563eb";
    private const string Orange = "#d97706";
    private const string Red = "#dc2626";
    private const string Grey = "#6b7280";

    private readonly SvgCanvas _canvas = new(Width, Height);

    private Chart(string title, string subtitle)
    {
        _canvas.Text(Left, 28, title, "font-size='18' font-weight='600'");
        _canvas.Text(Left, 49, subtitle, $"fill='{Grey}'");
    }

    /// <summary>Operations a second over the time of a run; failures beside them.</summary>
    public static string Throughput(string subtitle, IReadOnlyList<Measure.Sample> samples)
    {
        Chart chart = new("Throughput over time", subtitle);
        List<Series> lines = [new("operations", Blue, Steps(samples, s => s.OperationsPerSec), Filled: true)];
        if (samples.Any(sample => sample.Errors > 0))
            lines.Add(new Series("errors", Red, Steps(samples, s => s.ErrorsPerSec), Filled: true));
        double max = lines.SelectMany(line => line.Points).Select(point => point.Y).DefaultIfEmpty().Max();
        Scale y = Scale.FromZero(max * 1.04, Bottom, Top);
        chart.Draw(TimeScale(samples), "time since the begin of the measurement (s)", Units.Short, y,
            "operations per second", Units.Short, lines);
        return chart._canvas.ToString();
    }

    /// <summary>Median, 99th percentile and maximum of each second.</summary>
    public static string LatencyOverTime(string subtitle, IReadOnlyList<Measure.Sample> samples)
    {
        Chart chart = new("Latency over time", subtitle);
        List<Series> lines =
        [
            new("maximum", "#9ca3af", Steps(samples, s => s.MaxUs)),
            new("99 %", Orange, Steps(samples, s => s.P99Us)),
            new("median", Blue, Steps(samples, s => s.P50Us)),
        ];
        chart.Draw(TimeScale(samples), "time since the begin of the measurement (s)", Units.Short,
            LatencyScale(lines), "latency", Units.AxisDuration, lines);
        return chart._canvas.ToString();
    }

    /// <summary>Latency by percentile, stretched towards the slowest.</summary>
    public static string Percentiles(string subtitle, Measure.Totals totals)
    {
        Chart chart = new("Latency by percentile", subtitle);
        List<Series> lines = [];
        if (totals.Response is { Count: > 0 } response)
            lines.Add(new Series("response time (from when it was due)", Orange, Nines(response)));
        if (totals.Service.Count > 0)
            lines.Add(new Series("service time (from the send)", Blue, Nines(totals.Service)));
        double last = Math.Max(2, Math.Ceiling(Math.Log10(Math.Max(1, totals.Service.Count)) - 1e-9));
        Scale x = Scale.Exact(last, Left, Right);
        for (int nines = 0; nines <= last; nines++)
            chart.VerticalTick(x.Place(nines), PercentileName(nines));
        chart.Draw(x, "percentile", null, LatencyScale(lines), "latency", Units.AxisDuration, lines);
        return chart._canvas.ToString();
    }

    private static string PercentileName(int nines) => nines switch
    {
        0 => "0 %",
        1 => "90 %",
        2 => "99 %",
        _ => $"99.{new string('9', nines - 2)} %",
    };

    private static Scale TimeScale(IReadOnlyList<Measure.Sample> samples)
    {
        double last = samples.Count == 0 ? 1 : samples[^1].ToSec;
        // A timer is a little early or late: 5.998 s is six.
        double round = Math.Round(last);
        return Scale.Exact(round > 0 && Math.Abs(last - round) < 0.05 ? round : last, Left, Right);
    }

    private static Scale LatencyScale(List<Series> lines)
    {
        double[] values = [.. lines.SelectMany(line => line.Points).Select(point => point.Y).Where(us => us > 0)];
        return values.Length == 0
            ? Scale.Powers(100, 1000, Bottom, Top)
            : Scale.Powers(values.Min(), values.Max(), Bottom, Top);
    }

    private static List<(double X, double Y)> Steps(
        IReadOnlyList<Measure.Sample> samples, Func<Measure.Sample, double> value)
    {
        List<(double X, double Y)> points = [];
        foreach (Measure.Sample sample in samples)
        {
            points.Add((sample.FromSec, value(sample)));
            points.Add((sample.ToSec, value(sample)));
        }
        return points;
    }

    private static List<(double X, double Y)> Nines(Measure.Histogram histogram)
    {
        List<(double X, double Y)> points = [];
        long before = 0;
        double last = Math.Log10(histogram.Count);
        foreach ((long us, long upTo) in histogram.Cumulative())
        {
            points.Add((-Math.Log10(1 - ((double)before / histogram.Count)), us));
            points.Add((upTo == histogram.Count ? last : -Math.Log10(1 - ((double)upTo / histogram.Count)), us));
            before = upTo;
        }
        return points;
    }

    private void Draw(
        Scale x, string xName, Func<double, string>? xNumber, Scale y, string yName, Func<double, string> yNumber,
        List<Series> lines)
    {
        foreach (double tick in y.Ticks())
        {
            double at = y.Place(tick);
            _canvas.Line(Left, at, Right, at, "stroke='#e5e7eb'");
            _canvas.Text(Left - 10, at + 4.5, yNumber(tick), "text-anchor='end'");
        }
        if (xNumber is not null)
            foreach (double tick in x.Ticks())
                VerticalTick(x.Place(tick), xNumber(tick));
        foreach (Series line in lines)
        {
            List<(double X, double Y)> points =
                [.. line.Points.Select(point => (x.Place(point.X), y.Place(point.Y)))];
            if (line.Filled)
                _canvas.Path(points, $"fill='{line.Color}' fill-opacity='0.12'", Bottom);
            _canvas.Path(points, $"fill='none' stroke='{line.Color}' stroke-width='2' stroke-linejoin='round'");
        }
        _canvas.Line(Left, Bottom, Right, Bottom, $"stroke='{Grey}'");
        _canvas.Line(Left, Top, Left, Bottom, $"stroke='{Grey}'");
        _canvas.Text((Left + Right) / 2, Height - 16, xName, "text-anchor='middle'");
        double middle = (Top + Bottom) / 2;
        _canvas.Text(18, middle, yName, $"text-anchor='middle' transform='rotate(-90 18 {middle:0})'");
        Legend(lines);
    }

    private void VerticalTick(double at, string text)
    {
        _canvas.Line(at, Top, at, Bottom, "stroke='#f3f4f6'");
        _canvas.Line(at, Bottom, at, Bottom + 5, $"stroke='{Grey}'");
        _canvas.Text(at, Bottom + 21, text, "text-anchor='middle'");
    }

    private void Legend(List<Series> lines)
    {
        double x = Right - lines.Sum(line => LegendGap + (line.Name.Length * LegendLetter)) + LegendGap - 24;
        foreach (Series line in lines)
        {
            _canvas.Rectangle(x, 20, 16, 4, $"fill='{line.Color}' rx='2'");
            _canvas.Text(x + 22, 27, line.Name, "");
            x += LegendGap + (line.Name.Length * LegendLetter);
        }
    }
}
