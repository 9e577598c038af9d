using System.Text;
using Chorus.Client.Load;
using Chorus.Client.Report;

namespace Chorus.Client.Commands;

/// <summary>A bar that is redrawn on a terminal; elsewhere a plain line every five seconds.</summary>
internal sealed class ProgressLine(TextWriter writer, bool redraw, int width = int.MaxValue)
{
    private const int BarWidth = 24;
    private const int PlainEverySeconds = 5;

    private int _seconds;
    private bool _drawn;

    public void Show(LoadProgress progress)
    {
        _seconds++;
        if (redraw)
        {
            // Carriage return, the line, and whatever of the previous one is longer wiped out. A line that wraps
            // could not be redrawn.
            string line = $"{Bar(progress.Share)} {Text(progress)}";
            writer.Write($"\r{(line.Length < width ? line : line[..Math.Max(0, width - 1)])}\u001b[K");
            writer.Flush();
            _drawn = true;
        }
        else if (_seconds % PlainEverySeconds == 0)
        {
            writer.WriteLine(Text(progress));
            writer.Flush();
        }
    }

    /// <summary>Leaves the line to what follows.</summary>
    public void End()
    {
        if (!_drawn)
            return;
        writer.Write("\r\u001b[K");
        writer.Flush();
        _drawn = false;
    }

    private static string Text(LoadProgress progress)
    {
        string phase = progress.Phase == LoadPhase.WarmUp ? "warm-up " : "";
        string errors = progress.Errors == 0 ? "" : $", {Units.Count(progress.Errors)} errors";
        return $"{phase}{progress.Share * 100,3:0} %  {Units.Count(progress.Operations)} operations, "
            + $"{Units.Rate(progress.Sample.OperationsPerSec)}/s, p50 {Units.Duration(progress.Sample.P50Us)}, "
            + $"p99 {Units.Duration(progress.Sample.P99Us)}{errors}";
    }

    private static string Bar(double share)
    {
        int full = (int)(share * BarWidth);
        return new StringBuilder("[").Append('#', full).Append('.', BarWidth - full).Append(']').ToString();
    }
}
