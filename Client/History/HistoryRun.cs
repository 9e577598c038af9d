using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Chorus.Client.Commands;
using Chorus.Client.Load;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Client.History;

/// <summary>
/// Several callers contend for a few keys, and everything that they ask and are told is noted. In the end every key is
/// read once more: so what was acknowledged and is lost contradicts the history.
/// </summary>
/// <param name="plan">What is done.</param>
/// <param name="connections">Which the callers share.</param>
internal sealed class HistoryRun(HistoryPlan plan, IReadOnlyList<ClusterAccess> connections)
{
    private const int LastReadAttempts = 5;

    private readonly ConcurrentQueue<HistoryEntry> _entries = new();
    private readonly ConcurrentDictionary<Code, int> _failures = new();
    private int _number;
    private int _stepNumber;

    /// <summary>Everything noted so far.</summary>
    public IReadOnlyCollection<HistoryEntry> Entries => _entries;

    /// <summary>How often which failure was seen.</summary>
    public IReadOnlyDictionary<Code, int> Failures => _failures;

    /// <summary>Keys that were used.</summary>
    public int KeyCount => (Generation + 1) * plan.Keys;

    /// <summary>Keys that could not be read in the end.</summary>
    public int Unread { get; private set; }

    private int Generation => _stepNumber / (plan.OperationsPerKey * plan.Keys);

    /// <summary>Runs all callers until the time is over or they are stopped, and reads every key then.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long end = Stopwatch.GetTimestamp() + (long)(plan.TimeSec * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, plan.Callers).Select(caller => CallAsync(caller, end, stop)))
            .ConfigureAwait(false);
        for (int key = 0; key < KeyCount; key++)
        {
            HistoryOutcome outcome = HistoryOutcome.Unknown;
            for (int i = 0; i < LastReadAttempts && outcome != HistoryOutcome.Done; i++)
                outcome = (await DoAsync(0, Operation.Get, key, 0, 0).ConfigureAwait(false)).Outcome;
            Unread += outcome == HistoryOutcome.Done ? 0 : 1;
        }
    }

    private async Task CallAsync(int caller, long end, CancellationToken stop)
    {
        await Task.Yield();
        var random = new RandomSequence(plan.Seed, caller);
        var seen = new Dictionary<int, int>();
        while (!stop.IsCancellationRequested && Stopwatch.GetTimestamp() < end)
        {
            int step = Interlocked.Increment(ref _stepNumber);
            int generation = step / (plan.OperationsPerKey * plan.Keys);
            int key = generation * plan.Keys + (int)random.NextBelow(plan.Keys);
            Operation operation = Choose(key, ref random);
            int delta = operation == Operation.Increment ? 1 + (int)random.NextBelow(9) : 0;
            int expected = operation == Operation.CompareAndSet ? seen.GetValueOrDefault(key) : 0;
            HistoryEntry entry = await DoAsync(caller, operation, key, expected, delta).ConfigureAwait(false);
            if (entry.Outcome == HistoryOutcome.Done)
                seen[key] = operation == Operation.Delete ? 0 : entry.Value;
            double pauseMs = 2 * random.NextShare() * 1000 * plan.Callers / plan.RatePerSec;
            if (!stop.IsCancellationRequested)
                await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private Operation Choose(int key, ref RandomSequence random)
    {
        long draw = random.NextBelow(100);
        if (plan.IsCounter(key))
            return draw < 60 ? Operation.Increment : Operation.Get;
        return draw switch
        {
            < 40 => Operation.Get,
            < 70 => Operation.Set,
            < 95 => Operation.CompareAndSet,
            _ => Operation.Delete,
        };
    }

    private async Task<HistoryEntry> DoAsync(int caller, Operation operation, int key, int expected, int delta)
    {
        var entry = new HistoryEntry
        {
            Number = Interlocked.Increment(ref _number),
            Caller = caller,
            Operation = operation,
            Key = key,
            Expected = expected,
            Delta = delta,
            CalledMicros = NowMicros(),
        };
        ClusterAccess connection = connections[caller % connections.Count];
        byte[] name = Bytes($"{plan.Prefix}{key}");
        ClientResult result = await connection.Send(operation != Operation.Get, Encode(entry, name))
            .ConfigureAwait(false);
        entry = Ended(entry, result);
        _entries.Enqueue(entry);
        if (!result.IsAnswer)
            _failures.AddOrUpdate(result.Code, 1, (_, count) => count + 1);
        return entry;
    }

    private static byte[] Encode(HistoryEntry entry, byte[] name) => entry.Operation switch
    {
        Operation.CompareAndSet when entry.Expected == 0 =>
            KvClient.EncodeCompareAndSet(name, null, Bytes($"{entry.Number}")),
        Operation.CompareAndSet =>
            KvClient.EncodeCompareAndSet(name, Bytes($"{entry.Expected}"), Bytes($"{entry.Number}")),
        Operation.Increment => KvClient.EncodeIncrement(name, entry.Delta),
        Operation.Set => KvClient.Encode(Operation.Set, name, Bytes($"{entry.Number}")),
        _ => KvClient.Encode(entry.Operation, name, default),
    };

    private static HistoryEntry Ended(HistoryEntry entry, in ClientResult result)
    {
        bool isOk = result.Code == Code.Ok;
        bool isOwnValue = entry.Operation == Operation.Set || (entry.Operation == Operation.CompareAndSet && isOk);
        return entry with
        {
            ReturnedMicros = NowMicros(),
            Outcome = result.Code switch
            {
                _ when result.IsAnswer => HistoryOutcome.Done,
                Code.OutcomeUnknown or Code.Internal or Code.SessionExpired => HistoryOutcome.Unknown,
                _ => HistoryOutcome.Refused,
            },
            Found = isOk,
            Index = result.Index,
            Value = isOwnValue ? entry.Number : result.IsAnswer ? Number(result.Payload.Span) : 0,
        };
    }

    // What is no number at all is none that was ever written: the checker finds it.
    private static int Number(ReadOnlySpan<byte> text) =>
        text.IsEmpty ? 0 : int.TryParse(text, CultureInfo.InvariantCulture, out int value) ? value : -1;

    private static byte[] Bytes(FormattableString text) =>
        Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture));

    private static long NowMicros() => (long)(Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency);
}
