using System.Diagnostics;
using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Recovery;

/// <summary>What one fetch took.</summary>
/// <param name="Transfer">From the first request to the last chunk.</param>
/// <param name="Install">Time spent in installing.</param>
/// <param name="Wall">From the first request until everything was installed.</param>
/// <param name="Sources">What each source brought.</param>
internal sealed record Pumped(
    TimeSpan Transfer, TimeSpan Install, TimeSpan Wall, IReadOnlyList<FetchSourceReport> Sources)
{
    /// <summary>One fetch behind another.</summary>
    public static Pumped operator +(Pumped a, Pumped b) => new(
        a.Transfer + b.Transfer,
        a.Install + b.Install,
        a.Wall + b.Wall,
        [
            .. a.Sources.Concat(b.Sources).GroupBy(source => source.Address).Select(same => same.Last() with
            {
                Bytes = same.Sum(source => source.Bytes),
                Trouble = string.Join(" ", same.Select(source => source.Trouble).Where(text => text.Length > 0)),
            }),
        ]);
}

/// <summary>Runs a fetch on the calling thread, and installs on another one what it brings.</summary>
internal sealed class Pump : IDisposable
{
    private readonly IClock _clock;
    private readonly Poller _poller = new();
    private readonly Wakeup _wakeup = new();
    private readonly CancellationToken _stop;
    private readonly CancellationTokenRegistration _registration;

    public Pump(ZmqContext context, IClock clock, CancellationToken stop)
    {
        (_clock, _stop) = (clock, stop);
        _registration = stop.Register(_wakeup.Signal);
        _poller.Add(_wakeup);
        Transport = new ZmqTransferClient(context, _poller);
    }

    /// <summary>Connects to the sources.</summary>
    public ZmqTransferClient Transport { get; }

    public IReadOnlyList<SurveyedSource> Survey(IReadOnlyList<string> addresses)
    {
        var survey = new SourceSurvey(Transport, _clock, addresses);
        while (!survey.IsOver)
        {
            _stop.ThrowIfCancellationRequested();
            survey.DoWork();
            Wait(survey.NextWorkMicros);
        }
        return survey.Sources;
    }

    /// <summary>Runs a fetch to its end.</summary>
    /// <param name="fetch">What brings it.</param>
    /// <param name="target">What is made of it.</param>
    /// <param name="directory">Gets the same records; null: nobody does.</param>
    /// <param name="show">Called in between.</param>
    /// <exception cref="ChorusException">It failed.</exception>
    public Pumped Run(IRecordFetch fetch, IChunkTarget target, DataDirectoryWriter? directory, Action show)
    {
        long start = Stopwatch.GetTimestamp();
        using var installer = new StateInstaller(target, directory, _wakeup.Signal);
        while (fetch.State == FetchState.Running && installer.Error is null)
        {
            _stop.ThrowIfCancellationRequested();
            _wakeup.Clear();
            fetch.DoWork();
            while (installer.HasRoom && fetch.TryTake(out FetchedRecords? chunk))
                installer.Post(chunk);
            while (installer.TryTakeUsed(out FetchedRecords? used))
                fetch.Return(used);
            show();
            if (fetch.State == FetchState.Running)
                Wait(fetch.NextWorkMicros);
        }
        fetch.Close();
        installer.Finish();
        if (installer.Error is { } error)
            throw CommandErrors.Explain(error);
        if (fetch.Failure is { } failure)
            throw FetchErrors.Explain(failure);
        return new Pumped(
            TimeSpan.FromMicroseconds(fetch.ReceivedMicros - fetch.BegunMicros), installer.Time,
            Stopwatch.GetElapsedTime(start), fetch.Sources);
    }

    public void Dispose()
    {
        Transport.Dispose();
        _registration.Dispose();
        _wakeup.Dispose();
    }

    private void Wait(long untilMicros)
    {
        _poller.WaitMicros(Math.Max(0, untilMicros - _clock.MonotonicMicros));
    }
}
