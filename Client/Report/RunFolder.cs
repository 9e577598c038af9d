using System.Globalization;
using Chorus.Client.Load;
using Chorus.Client.Settings;
using Chorus.Common.Hosting;

namespace Chorus.Client.Report;

/// <summary>The folder that a load leaves behind.</summary>
internal sealed class RunFolder
{
    private RunFolder(string path, string shown) => (Path, Shown) = (path, shown);

    public string Path { get; }

    /// <summary>As the user would name it.</summary>
    public string Shown { get; }

    /// <summary>Makes the folder: before the load, so that a load is not run for nothing.</summary>
    /// <param name="home">Folder that relative paths start from.</param>
    /// <param name="named">The folder that the user wants; null: a new one below runs/.</param>
    /// <param name="nowUtc">Names the new one.</param>
    public static RunFolder Create(string home, string? named, DateTime nowUtc)
    {
        string shown = named ?? System.IO.Path.Combine(
            "runs", nowUtc.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        string path = System.IO.Path.Combine(home, shown);
        for (int i = 2; named is null && Directory.Exists(path); i++)
            path = System.IO.Path.Combine(home, $"{shown}-{i}");
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ChorusException.Failed(
                "no_folder", $"the folder {shown} for the report cannot be made: {error.Message}",
                "Name another one with -log DIR.", error);
        }
        return new RunFolder(path, System.IO.Path.GetRelativePath(home, path));
    }

    public void Write(LoadSettings settings, LoadResult result, string? commit)
    {
        LoadReport report = new(settings, result);
        string throughput = Chart.Throughput(report.Subtitle, report.Drawn());
        string latency = Chart.LatencyOverTime(report.Subtitle, report.Drawn());
        string percentiles = Chart.Percentiles(report.Subtitle, result.Totals);
        Write("run.json", report.RunJson(commit));
        Write("throughput.csv", report.Csv());
        Write("latency.hgrm", PercentileText.Of(result.Totals.Service));
        if (result.Totals.Response is { } response)
            Write("response.hgrm", PercentileText.Of(response));
        Write("throughput.svg", throughput);
        Write("latency.svg", percentiles);
        Write("latency-over-time.svg", latency);
        string when = result.BeginUtc.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
        Write("index.html", HtmlPage.Of(report, settings, when, [throughput, percentiles, latency]));
    }

    private void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Path, name), text);
}
