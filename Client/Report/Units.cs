using System.Globalization;

namespace Chorus.Client.Report;

/// <summary>Numbers as people read them.</summary>
internal static class Units
{
    /// <summary>A duration with three digits: <c>312 µs</c>, <c>1.24 ms</c>, <c>2.30 s</c>.</summary>
    public static string Duration(double us) => us switch
    {
        < 999.5 => $"{Text(us, "0.###", 3)} µs",
        < 999_500 => $"{Digits(us / 1e3)} ms",
        _ => $"{Digits(us / 1e6)} s",
    };

    /// <summary>A round duration for an axis: <c>500 µs</c>, <c>5 ms</c>, <c>2 s</c>.</summary>
    public static string AxisDuration(double us) => us switch
    {
        < 1e3 => Short(us) + " µs",
        < 1e6 => Short(us / 1e3) + " ms",
        _ => Short(us / 1e6) + " s",
    };

    /// <summary>A count with a thin grouping: <c>1,234,567</c>.</summary>
    public static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A rate: whole numbers from 100, else three digits.</summary>
    public static string Rate(double perSec) => perSec >= 100 ? Count(perSec) : Digits(perSec);

    /// <summary>A number for an axis: <c>0</c>, <c>500</c>, <c>20k</c>, <c>1.5M</c>.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + "M",
        >= 1e4 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + "k",
        >= 1e3 => value.ToString("#,0.##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };

    /// <summary>Seconds: <c>0.35 s</c>, <c>12.0 s</c>.</summary>
    public static string Seconds(double sec) =>
        sec.ToString(sec < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " s";

    private static string Digits(double value) => value switch
    {
        < 9.995 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 99.95 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };

    private static string Text(double value, string format, int digits) =>
        Math.Round(value, digits - 1).ToString(value >= 10 ? "0" : format, CultureInfo.InvariantCulture);
}
