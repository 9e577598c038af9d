using System.Diagnostics;
using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Common.Recovery;

/// <summary>Runs a fetch on the calling thread, and installs on another one what it brings.</summary>
public sealed class Pump : IDisposable
{
    private readonly IClock _clock;
    private readonly Poller _poller = new();
    private readonly Wakeup _wakeup = new();
    private readonly CancellationToken _stop;
    private readonly CancellationTokenRegistration _registration;

    /// <summary>Makes a socket for each source that is asked.</summary>
    /// <param name="context">Outlives the pump.</param>
    /// <param name="clock">Time.</param>
    /// <param name="stop">Ends every wait.</param>
    public Pump(ZmqContext context, IClock clock, CancellationToken stop)
    {
        (_clock, _stop) = (clock, stop);
        _registration = stop.Register(_wakeup.Signal);
        _poller.Add(_wakeup);
        Transport = new ZmqTransferClient(context, _poller);
    }

    /// <summary>Connects to the sources.</summary>
    public ZmqTransferClient Transport { get; }

    /// <summary>Asks sources what they have.</summary>
    /// <param name="addresses">Transfer addresses, <c>host:port</c>.</param>
    /// <param name="patienceMicros">How long to wait for all of them; null: as a survey does.</param>
    public IReadOnlyList<SurveyedSource> Survey(IReadOnlyList<string> addresses, long? patienceMicros = null)
    {
        SourceSurvey survey = patienceMicros is { } patience
            ? new SourceSurvey(Transport, _clock, addresses, patience, patience)
            : new SourceSurvey(Transport, _clock, addresses);
        WorkUntil(() => survey.IsOver, survey.DoWork, () => survey.NextWorkMicros);
        return survey.Sources;
    }

    /// <summary>Works until something is over, and waits in between for messages.</summary>
    /// <param name="isOver">Whether it is.</param>
    /// <param name="work">What is done whenever something may have come.</param>
    /// <param name="nextMicros">When there is something to do at the latest.</param>
    public void WorkUntil(Func<bool> isOver, Action work, Func<long> nextMicros)
    {
        while (!isOver())
        {
            _stop.ThrowIfCancellationRequested();
            work();
            if (!isOver())
                Wait(nextMicros());
        }
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

    /// <inheritdoc/>
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
