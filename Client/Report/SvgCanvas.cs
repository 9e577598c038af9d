using System.Globalization;
using System.Net;
using System.Text;

namespace Chorus.Client.Report;

/// <summary>Collects the shapes of one drawing.</summary>
internal sealed class SvgCanvas(int width, int height)
{
    private readonly StringBuilder _body = new();

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        Add($"<line x1='{x1:0.##}' y1='{y1:0.##}' x2='{x2:0.##}' y2='{y2:0.##}' {style}/>");

    public void Rectangle(double x, double y, double w, double h, string style) =>
        Add($"<rect x='{x:0.##}' y='{y:0.##}' width='{w:0.##}' height='{h:0.##}' {style}/>");

    public void Text(double x, double y, string text, string style) =>
        Add($"<text x='{x:0.##}' y='{y:0.##}' {style}>{WebUtility.HtmlEncode(text)}</text>");

    /// <summary>A line through points; closed down to a base line and filled when one is given.</summary>
    public void Path(IReadOnlyList<(double X, double Y)> points, string style, double? baseLine = null)
    {
        if (points.Count == 0)
            return;
        StringBuilder path = new();
        for (int i = 0; i < points.Count; i++)
            path.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{points[i].X:0.#},{points[i].Y:0.#}");
        if (baseLine is { } y)
            path.Append(CultureInfo.InvariantCulture, $"L{points[^1].X:0.#},{y:0.#}L{points[0].X:0.#},{y:0.#}Z");
        Add($"<path d='{path}' {style}/>");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}'
             font-family='system-ui, "Segoe UI", "DejaVu Sans", sans-serif' font-size='13' fill='#1f2937'>
        <rect width='{width}' height='{height}' fill='#ffffff'/>
        {_body}</svg>

        """);

    private void Add(FormattableString shape) =>
        _body.Append(shape.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
