namespace Chorus.Client.Report;

/// <summary>One line of a chart.</summary>
/// <param name="Name">As the legend calls it.</param>
/// <param name="Color">Of the line.</param>
/// <param name="Points">In the order of x.</param>
/// <param name="Filled">Whether the area below it is tinted.</param>
internal sealed record Series(
    string Name, string Color, IReadOnlyList<(double X, double Y)> Points, bool Filled = false);
