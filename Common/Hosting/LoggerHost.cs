using Chorus.Common.Messaging;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// A logger as a process: observes several clusters on one loop, the calling thread. Each has a folder, sockets and a
/// disk thread of its own; one that fails is given up and the others go on.
/// </summary>
/// <param name="options">What to record.</param>
/// <param name="loggers">Where lines go.</param>
public sealed class LoggerHost(LoggerHostOptions options, ILoggerFactory loggers)
{
    private const long DrainSecondsMax = 10;
    private const int DrainWaitMs = 10;
    private const long WaitMicrosMax = 1_000_000;

    private readonly SystemClock _clock = new();

    /// <summary>Called for each cluster as soon as its folder is open, on the loop's thread.</summary>
    public Action<RecordedLog>? Opened { get; init; }

    /// <summary>Runs until stopped, or until every cluster has failed.</summary>
    /// <param name="stop">Ends the loop; what was received is written first.</param>
    /// <returns>
    /// The process's exit code: that of the first cluster that failed; <see cref="ExitCodes.Unreachable"/> when one was
    /// never reached.
    /// </returns>
    public int Run(CancellationToken stop)
    {
        using var context = new ZmqContext();
        using var wakeup = new Wakeup();
        using CancellationTokenRegistration registration = stop.Register(wakeup.Signal);
        var poller = new Poller();
        poller.Add(wakeup);
        var sockets = new Dictionary<object, RecordedCluster>();
        RecordedCluster[] clusters =
        [
            .. options.Clusters.Select(cluster => new RecordedCluster(
                cluster, options, context, poller, sockets, _clock, loggers, wakeup.Signal)),
        ];
        try
        {
            using var transfer = new TransferThread(Open(clusters), _clock, loggers.CreateLogger("transfer"));
            foreach (RecordedCluster cluster in clusters.Where(cluster => cluster.Failure is null))
                cluster.Enter(stop);
            Loop(clusters, poller, sockets, wakeup, stop);
            Drain(clusters, wakeup);
            return ExitCodeOf(clusters);
        }
        finally
        {
            foreach (RecordedCluster cluster in clusters)
                cluster.Dispose();
        }
    }

    private List<TransferService> Open(RecordedCluster[] clusters)
    {
        var services = new List<TransferService>();
        foreach (RecordedCluster cluster in clusters)
        {
            try
            {
                RecordedLog recorded = cluster.Open(out TransferService service);
                services.Add(service);
                Opened?.Invoke(recorded);
            }
            catch (Exception error) when (RecordedCluster.IsOfThisCluster(error))
            {
                cluster.Fail(error);
            }
        }
        return services;
    }

    private void Loop(
        RecordedCluster[] clusters, Poller poller, Dictionary<object, RecordedCluster> sockets, Wakeup wakeup,
        CancellationToken stop)
    {
        var ready = new List<object>();
        var busy = new HashSet<RecordedCluster>();
        while (!stop.IsCancellationRequested && !Array.TrueForAll(clusters, cluster => cluster.Failure is not null))
        {
            wakeup.Clear();
            ready.Clear();
            busy.Clear();
            poller.AddReadyTo(ready);
            bool isForAll = false;
            foreach (object source in ready)
            {
                if (sockets.TryGetValue(source, out RecordedCluster? owner))
                    busy.Add(owner);
                else
                    isForAll |= source != wakeup; // an answer to a fetch, of whichever cluster
            }
            long next = long.MaxValue;
            long now = _clock.MonotonicMicros;
            foreach (RecordedCluster cluster in clusters)
            {
                if (isForAll || cluster.HasNews || cluster.NextWorkMicros <= now || busy.Contains(cluster))
                    cluster.DoWork();
                next = Math.Min(next, cluster.NextWorkMicros);
            }
            poller.WaitMicros(MicrosUntil(next));
        }
    }

    private void Drain(RecordedCluster[] clusters, Wakeup wakeup)
    {
        foreach (RecordedCluster cluster in clusters)
            cluster.EndEntering();
        var poller = new Poller();
        poller.Add(wakeup);
        long until = _clock.MonotonicMicros + DrainSecondsMax * 1_000_000;
        bool isDrained;
        do
        {
            wakeup.Clear();
            isDrained = true;
            foreach (RecordedCluster cluster in clusters)
                isDrained &= cluster.Drain();
            if (!isDrained)
                poller.Wait(DrainWaitMs);
        }
        while (!isDrained && _clock.MonotonicMicros < until);
        foreach (RecordedCluster cluster in clusters)
            cluster.SayEnd(cluster.Drain(), DrainSecondsMax);
    }

    private static int ExitCodeOf(RecordedCluster[] clusters)
    {
        foreach (RecordedCluster cluster in clusters)
        {
            if (cluster.Failure is { } failure)
                return failure.ExitCode;
        }
        return Array.TrueForAll(clusters, cluster => cluster.HasEntered) ? ExitCodes.Ok : ExitCodes.Unreachable;
    }

    private long MicrosUntil(long micros) => Math.Clamp(micros - _clock.MonotonicMicros, 0, WaitMicrosMax);
}
