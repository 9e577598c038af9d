using System.Diagnostics;
using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Messaging;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Recovery;

/// <summary>One recovery, from the first question to the verdict. Used by one thread; installs on another.</summary>
internal sealed class RecoveryRun(RecoveryOptions options, RecoveryProgress progress, CancellationToken stop)
{
    private readonly SystemClock _clock = new();
    private readonly Poller _poller = new();

    /// <summary>Recovers.</summary>
    /// <param name="context">Outlives the call.</param>
    /// <exception cref="ChorusException">It failed.</exception>
    public RecoveryResult Run(ZmqContext context)
    {
        stop.WaitHandle.WaitOne(options.After);
        stop.ThrowIfCancellationRequested();
        using var wakeup = new Wakeup();
        using CancellationTokenRegistration registration = stop.Register(wakeup.Signal);
        _poller.Add(wakeup);
        using var transport = new ZmqTransferClient(context, _poller);
        SourceChoice sources = SourceChoice.Of(Survey(transport));
        if (options.OutDirectory is not null)
            sources.CheckIsNew(options.NodeName);
        var digests = new ReplicaDigests(() => ReplicaDigests.Ask(
            options.Servers.Count > 0 ? [.. options.Servers.Select(server => server.ToString())]
                : sources.ClientAddresses,
            sources.ClusterId));
        Comparison comparison = Compare(sources, digests);
        var store = new KvStateMachine();
        Preload preload = SourceChoice.PreloadOf(options.Preload, digests.StateBase ?? sources.StateBase);
        preload.Fill(store);
        using DataDirectoryWriter? directory = options.OutDirectory is { } path
            ? DataDirectoryWriter.Create(path, options.NodeName, sources.ClusterId, preload.Base)
            : null;
        var plan = new FetchPlan
        {
            Sources = [.. sources.Sources.Select(source => source.Address)],
            ClusterId = sources.ClusterId,
            From = new LogIndex(options.From),
            Until = comparison.Index.Next,
        };
        IRecordFetch fetch = options.Compact
            ? new CompactFetch(transport, _clock, plan)
            : new StripedFetch(transport, _clock, plan);
        return Fetch(fetch, plan, store, directory, comparison, wakeup);
    }

    private IReadOnlyList<SurveyedSource> Survey(ZmqTransferClient transport)
    {
        var survey = new SourceSurvey(
            transport, _clock, [.. options.Sources.Select(source => source.ToString())]);
        while (!survey.IsOver)
        {
            survey.DoWork();
            Wait(survey.NextWorkMicros);
        }
        return survey.Sources;
    }

    private Comparison Compare(SourceChoice sources, ReplicaDigests digests)
    {
        LogIndex limit = sources.Limit;
        if (options.From > limit.Value || options.To > limit.Value)
        {
            string wanted = options.To > limit.Value ? $"-to {options.To}" : $"-from {options.From}";
            throw ChorusException.Failed(
                "not_there", $"{wanted}: the newest index of the sources is {limit}", "Wait, or name an earlier one");
        }
        LogIndex? to = options.To is { } index ? new LogIndex(index) : null;
        Comparison comparison = digests.Choose(limit, to, stop);
        return options.From == 1
            ? comparison
            : Comparison.None(
                comparison.Index,
                string.Create(
                    CultureInfo.InvariantCulture, $"the commands before index {options.From} were not received"));
    }

    private RecoveryResult Fetch(
        IRecordFetch fetch, FetchPlan plan, KvStateMachine store, DataDirectoryWriter? directory,
        Comparison comparison, Wakeup wakeup)
    {
        long start = Stopwatch.GetTimestamp();
        store.DefersDigest = true;
        using var installer = new StateInstaller(
            store, directory, () => store.DefersDigest = false, wakeup.Signal);
        while (fetch.State == FetchState.Running)
        {
            stop.ThrowIfCancellationRequested();
            wakeup.Clear();
            fetch.DoWork();
            while (installer.HasRoom && fetch.TryTake(out FetchedRecords? chunk))
                installer.Post(chunk);
            while (installer.TryTakeUsed(out FetchedRecords? used))
                fetch.Return(used);
            if (installer.Error is not null)
                break;
            progress.Show(fetch.Last?.Index ?? plan.From, plan);
            if (fetch.State == FetchState.Running)
                Wait(fetch.NextWorkMicros);
        }
        fetch.Close();
        installer.Finish();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        progress.End();
        if (installer.Error is { } error)
            throw CommandErrors.Explain(error);
        if (fetch.Failure is { } failure)
            throw FetchErrors.Explain(failure);
        return new RecoveryResult
        {
            Transfer = TimeSpan.FromMicroseconds(fetch.ReceivedMicros - fetch.BegunMicros),
            Install = installer.Time,
            Wall = wall,
            Bytes = installer.Bytes,
            Commands = installer.Commands,
            Records = installer.Records,
            First = plan.From,
            Last = plan.Until.Previous,
            ClusterId = plan.ClusterId,
            Keys = store.Count,
            Digest = store.Digest.ToString("x16", CultureInfo.InvariantCulture),
            Comparison = comparison,
            Sources = fetch.Sources,
        };
    }

    private void Wait(long untilMicros)
    {
        long left = untilMicros - _clock.MonotonicMicros;
        _poller.Wait(left <= 0 ? 0 : (int)((left + 999) / 1000));
    }
}
