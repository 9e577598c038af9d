using System.Net;
using System.Text;
using Chorus.Client.Settings;

namespace Chorus.Client.Report;

/// <summary>One page that needs no other file: figures, charts, settings.</summary>
internal static class HtmlPage
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1f2937;
               max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
        p.what { color: #6b7280; margin-top: .25rem; }
        table { border-collapse: collapse; } th, td { text-align: left; padding: .25rem 1.2rem .25rem 0;
               border-bottom: 1px solid #e5e7eb; vertical-align: top; font-variant-numeric: tabular-nums; }
        td.number, th.number { text-align: right; } svg { max-width: 100%; height: auto; margin: .75rem 0; }
        .from { color: #6b7280; }
        """;

    public static string Of(LoadReport report, LoadSettings settings, string when, IEnumerable<string> charts)
    {
        StringBuilder page = new();
        page.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.Append($"<title>Load of {Text(when)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n");
        page.Append($"<h1>Load of {Text(when)}</h1>\n<p class=\"what\">{Text(report.Subtitle)}<br>");
        page.Append($"{Text(string.Join(", ", settings.Servers))}</p>\n<table>\n");
        foreach ((string name, string value) in report.Figures())
            page.Append($"<tr><td>{Text(name.Trim())}</td><td>{Text(value)}</td></tr>\n");
        page.Append("</table>\n<h2>Latency</h2>\n<table>\n");
        foreach (string[] row in report.Latencies())
            page.Append($"<tr><td>{Text(row[0])}</td>")
                .AppendJoin("", row[1..].Select(cell => $"<td class=\"number\">{Text(cell)}</td>"))
                .Append("</tr>\n");
        page.Append("</table>\n");
        foreach (string chart in charts)
            page.Append(chart);
        page.Append("<h2>Settings</h2>\n<table>\n");
        foreach (SettingValue value in settings.All)
            page.Append($"<tr><td>{Text(value.Spec.Key)}</td><td>{Text(Show(value))}</td>")
                .Append($"<td class=\"from\">{Text(Origin(value))}</td></tr>\n");
        page.Append("</table>\n<p class=\"what\">run.json holds the machine and everything above; throughput.csv and ");
        page.Append("latency.hgrm the figures behind the charts.</p>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static string Show(SettingValue value) => value.Value switch
    {
        string[] list => string.Join(", ", list),
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        object other => other.ToString() ?? "",
    };

    private static string Origin(SettingValue value) =>
        value.Origin == SettingOrigin.Default ? "default" : value.Place;

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
