using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Messaging;
using Chorus.Common.Recovery;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Recovery;

/// <summary>One recovery, from the first question to the verdict. Used by one thread; installs on another.</summary>
internal sealed class RecoveryRun(RecoveryOptions options, RecoveryProgress progress, CancellationToken stop)
{
    private readonly SystemClock _clock = new();
    private readonly KvStateMachine _store = new();

    /// <summary>Recovers.</summary>
    /// <param name="context">Outlives the call.</param>
    /// <exception cref="ChorusException">It failed.</exception>
    public RecoveryResult Run(ZmqContext context)
    {
        stop.WaitHandle.WaitOne(options.After);
        stop.ThrowIfCancellationRequested();
        using var pump = new Pump(context, _clock, stop);
        try
        {
            SourceChoice sources = Survey(pump);
            if (options.OutDirectory is not null)
                sources.CheckIsNew(options.NodeName);
            return options.Image ? OfImage(pump, sources) : OfLog(pump, sources);
        }
        finally
        {
            progress.End();
        }
    }

    private SourceChoice Survey(Pump pump) =>
        SourceChoice.Of(pump.Survey([.. options.Sources.Select(source => source.ToString())]));

    private RecoveryResult OfLog(Pump pump, SourceChoice sources)
    {
        ReplicaDigests digests = DigestsOf(sources);
        Comparison comparison = Compare(sources.Limit, digests);
        string stateBase = digests.StateBase ?? sources.StateBase;
        SourceChoice.PreloadOf(options.Preload, stateBase).Fill(_store);
        using DataDirectoryWriter? directory = options.OutDirectory is { } path
            ? DataDirectoryWriter.Create(path, options.NodeName, sources.ClusterId, stateBase)
            : null;
        FetchPlan plan = PlanOf(sources, new LogIndex(options.From), comparison.Index);
        IRecordFetch fetch = options.Compact
            ? new CompactFetch(pump.Transport, _clock, plan)
            : new StripedFetch(pump.Transport, _clock, plan);
        var records = new RecordTarget(_store);
        Pumped pumped = pump.Run(fetch, records, directory, () => ShowProgress(fetch, plan));
        return Result(sources, pumped, records, comparison) with { First = plan.From, StateBase = stateBase };
    }

    // The image first, and then the log that makes a state of it (trap 20).
    private RecoveryResult OfImage(Pump pump, SourceChoice sources)
    {
        ReplicaDigests digests = DigestsOf(sources);
        string stateBase = sources.StateBase;
        if (!SlotGeometry.TryParse(stateBase, out SlotGeometry slots))
        {
            throw ChorusException.Failed(
                "not_served", "-image: the cluster keeps its state in memory, not in a file of slots", "Leave it out");
        }
        var image = new ImageFetch(
            pump.Transport, _clock, AddressesOf(sources), sources.ClusterId, slots.LengthBytes);
        var target = new SlotTarget(_store, slots);
        Pumped pumped = pump.Run(image, target, null, () => { });
        // Nothing newer than what is committed by now can stand in the copy, whichever replica a piece came from.
        LogIndex limit = LogIndex.Max(Survey(pump).Limit, image.ApplyUntil.Previous);
        Comparison comparison = digests.ChooseBehindCommit(limit, stop);
        FetchPlan plan = PlanOf(sources, image.ApplyFrom, comparison.Index);
        var records = new RecordTarget(_store, target);
        if (plan.Until > plan.From)
        {
            var fetch = new StripedFetch(pump.Transport, _clock, plan);
            pumped += pump.Run(fetch, records, null, () => ShowProgress(fetch, plan));
        }
        RecoveryResult result = Result(sources, pumped, records, comparison);
        return result with
        {
            First = plan.From,
            StateBase = stateBase,
            Bytes = result.Bytes + target.Bytes,
            ImageBytes = target.Bytes,
        };
    }

    private ReplicaDigests DigestsOf(SourceChoice sources) => new(() => ReplicaDigests.Ask(
        options.Servers.Count > 0
            ? [.. options.Servers.Select(server => server.ToString())]
            : sources.ClientAddresses,
        sources.ClusterId));

    private static IReadOnlyList<string> AddressesOf(SourceChoice sources) =>
        [.. sources.Sources.Select(source => source.Address)];

    private static FetchPlan PlanOf(SourceChoice sources, LogIndex from, LogIndex last) => new()
    {
        Sources = AddressesOf(sources),
        ClusterId = sources.ClusterId,
        From = from,
        Until = last.Next,
    };

    private Comparison Compare(LogIndex limit, ReplicaDigests digests)
    {
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

    private void ShowProgress(IRecordFetch fetch, FetchPlan plan) =>
        progress.Show(fetch.Last?.Index ?? plan.From, plan);

    private RecoveryResult Result(
        SourceChoice sources, Pumped pumped, RecordTarget records, Comparison comparison) => new()
        {
            Transfer = pumped.Transfer,
            Install = pumped.Install,
            Wall = pumped.Wall,
            Bytes = records.Bytes,
            Commands = records.Commands,
            Records = records.Records,
            First = new LogIndex(options.From),
            Last = comparison.Index,
            ClusterId = sources.ClusterId,
            Keys = _store.Count,
            Digest = _store.Digest.ToString("x16", CultureInfo.InvariantCulture),
            Comparison = comparison,
            Sources = pumped.Sources,
        };
}
