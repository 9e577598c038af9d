namespace Chorus.Client.Report;

/// <summary>Maps values to places on one axis of a chart.</summary>
/// <param name="From">Least value, at <paramref name="PlaceFrom"/>.</param>
/// <param name="To">Greatest value, at <paramref name="PlaceTo"/>.</param>
/// <param name="PlaceFrom">Where the axis begins, in pixels.</param>
/// <param name="PlaceTo">Where the axis ends, in pixels.</param>
/// <param name="Logarithmic">Whether equal distances are equal ratios.</param>
internal sealed record Scale(double From, double To, double PlaceFrom, double PlaceTo, bool Logarithmic)
{
    /// <summary>A linear axis from 0 to a round number at or above the maximum and 1.</summary>
    public static Scale FromZero(double max, double placeFrom, double placeTo)
    {
        max = Math.Max(max, 1);
        double step = Step(max);
        return new Scale(0, step * Math.Ceiling((max / step) - 1e-9), placeFrom, placeTo, false);
    }

    /// <summary>A linear axis that ends exactly at the maximum: time.</summary>
    public static Scale Exact(double max, double placeFrom, double placeTo) =>
        new(0, max, placeFrom, placeTo, false);

    /// <summary>A logarithmic axis around all values, its ends at 1, 2 or 5 times a power of ten.</summary>
    public static Scale Powers(double min, double max, double placeFrom, double placeTo)
    {
        double[] steps = [.. OneTwoFive(1e-1, 1e9)];
        double from = steps.Last(step => step <= Math.Max(min, 1));
        double to = steps.First(step => step >= Math.Max(max, from) && step > from);
        // At least one decade: a flat line must not fill the chart with its noise.
        while (to / from < 9.9)
            to = steps.First(step => step > to);
        return new Scale(from, to, placeFrom, placeTo, true);
    }

    public double Place(double value)
    {
        value = Math.Clamp(value, From, To);
        double share = Logarithmic ? Math.Log(value / From) / Math.Log(To / From) : (value - From) / (To - From);
        return PlaceFrom + (share * (PlaceTo - PlaceFrom));
    }

    /// <summary>Where lines and numbers go.</summary>
    public IEnumerable<double> Ticks()
    {
        if (!Logarithmic)
        {
            double step = Step(To);
            for (double tick = 0; tick <= To + (step * 1e-6); tick += step)
                yield return tick;
            yield break;
        }
        // Over more than three decades only the powers of ten have room for a number.
        bool crowded = To / From > 1001;
        foreach (double tick in OneTwoFive(From, To))
            if (!crowded || Math.Abs(Math.Log10(tick) - Math.Round(Math.Log10(tick))) < 1e-9)
                yield return tick;
    }

    /// <summary>A step of 1, 2 or 5 times a power of ten that makes four to ten steps.</summary>
    private static double Step(double range)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(range)));
        double share = range / power;
        return power * (share <= 1 ? 0.2 : share <= 2 ? 0.25 : share <= 5 ? 0.5 : 1);
    }

    private static IEnumerable<double> OneTwoFive(double from, double to)
    {
        for (double power = Math.Pow(10, Math.Floor(Math.Log10(from) + 1e-9)); power <= to * 1.0001; power *= 10)
            foreach (double factor in (double[])[1, 2, 5])
                if (power * factor >= from * 0.9999 && power * factor <= to * 1.0001)
                    yield return power * factor;
    }
}
