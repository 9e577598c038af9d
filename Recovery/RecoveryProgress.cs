using System.Diagnostics;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Recovery;

/// <summary>How far it is: a line that is redrawn on a terminal, elsewhere a plain one every five seconds.</summary>
/// <param name="writer">Standard error; null: nobody wants to know.</param>
/// <param name="redraw">Whether it is a terminal.</param>
internal sealed class RecoveryProgress(TextWriter? writer, bool redraw)
{
    private static readonly TimeSpan RedrawEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PlainEvery = TimeSpan.FromSeconds(5);

    private long _shown = Stopwatch.GetTimestamp();
    private bool _drawn;

    public void Show(LogIndex reached, FetchPlan plan)
    {
        if (writer is null || Stopwatch.GetElapsedTime(_shown) < (redraw ? RedrawEvery : PlainEvery))
            return;
        _shown = Stopwatch.GetTimestamp();
        double share = (double)(reached.Value - plan.From.Value + 1) / (plan.Until - plan.From);
        string line = $"{Math.Clamp(share * 100, 0, 100):0} %  index {reached} of {plan.Until.Previous}";
        if (redraw)
            writer.Write($"\r{line}\u001b[K");
        else
            writer.WriteLine(line);
        writer.Flush();
        _drawn = redraw;
    }

    /// <summary>Leaves the line to what follows.</summary>
    public void End()
    {
        if (_drawn)
            writer!.Write("\r\u001b[K");
        _drawn = false;
    }
}
