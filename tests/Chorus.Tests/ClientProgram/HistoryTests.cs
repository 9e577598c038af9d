using System.Buffers;
using Chorus.Client.Commands;
using Chorus.Client.History;
using Chorus.Common.Client;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.ClientProgram;

/// <summary>What contending callers note, for the checker of the simulator.</summary>
public sealed class HistoryTests : IDisposable
{
    private const int Calls = 500;

    private static readonly HistoryPlan Plan = new()
    {
        Callers = 4,
        Keys = 4,
        OperationsPerKey = 10,
        RatePerSec = 1e6,
        TimeSec = 60,
        Seed = 3,
        Prefix = "h/",
    };

    private readonly TemporaryDirectory _folder = new();
    private readonly KvStateMachine _store = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private int _calls;
    private ulong _index;
    private Func<KvCommand, Code> _outcome = _ => Code.Ok;

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Everything_that_was_asked_is_noted_and_every_key_read_in_the_end()
    {
        HistoryRun run = await RunAsync();
        Assert.Equal(_index, (ulong)run.Entries.Count);
        Assert.Empty(run.Failures);
        Assert.Equal(Enumerable.Range(1, run.Entries.Count), run.Entries.Select(entry => entry.Number).Order());
        Assert.All(run.Entries, entry => Assert.Equal(HistoryOutcome.Done, entry.Outcome));
        Assert.True(run.KeyCount > Plan.Keys, "other keys take their place");
        Assert.Equal(5, run.Entries.Select(entry => entry.Operation).Distinct().Count());
        var last = run.Entries.OrderBy(entry => entry.CalledMicros).TakeLast(run.KeyCount).ToList();
        Assert.Equal(Enumerable.Range(0, run.KeyCount), last.Select(entry => entry.Key));
        Assert.All(last, entry => Assert.Equal(KvCommand.Types.Operation.Get, entry.Operation));
        HistoryEntry[] firsts = [.. run.Entries.Where(
            one => one.Operation == KvCommand.Types.Operation.CompareAndSet && one.Expected == 0)];
        Assert.Contains(firsts, one => one.Found);
        Assert.DoesNotContain(firsts, one => !one.Found && one.Value == 0);
        foreach (HistoryEntry entry in run.Entries.Where(one => one.Operation == KvCommand.Types.Operation.Increment))
            Assert.True(Plan.IsCounter(entry.Key) && entry.Value >= entry.Delta, entry.ToString());
    }

    [Fact]
    public async Task What_has_no_answer_is_told_from_what_was_refused()
    {
        _outcome = command => command.Operation switch
        {
            KvCommand.Types.Operation.Set => Code.OutcomeUnknown,
            KvCommand.Types.Operation.Delete => Code.NotLeader,
            _ => Code.Ok,
        };
        HistoryRun run = await RunAsync();
        Assert.Equal(
            HistoryOutcome.Unknown,
            Assert.Single(run.Entries.Where(entry => entry.Operation == KvCommand.Types.Operation.Set)
                .Select(entry => entry.Outcome).Distinct()));
        Assert.Equal(
            HistoryOutcome.Refused,
            Assert.Single(run.Entries.Where(entry => entry.Operation == KvCommand.Types.Operation.Delete)
                .Select(entry => entry.Outcome).Distinct()));
        Assert.Equal([Code.NotLeader, Code.OutcomeUnknown], run.Failures.Keys.Order());
    }

    [Fact]
    public async Task The_file_has_a_line_for_each_operation_and_says_where_it_ends()
    {
        HistoryRun run = await RunAsync();
        string path = Path.Combine(_folder.Path, "history");
        HistoryFile.Write(path, run.Entries);
        string[] lines = File.ReadAllLines(path);
        Assert.Equal(("chorus-history 1", $"end {run.Entries.Count}"), (lines[0], lines[^1]));
        Assert.Equal(run.Entries.Count + 2, lines.Length);
        Assert.All(lines[1..^1], line => Assert.Matches(
            @"^\d+ \d+ (Get|Set|Delete|CompareAndSet|Increment) \d+ \d+ \d+ \d+ \d+ Done \d+ [01] \d+$", line));
    }

    private async Task<HistoryRun> RunAsync()
    {
        var access = new ClusterAccess
        {
            Send = SendAsync,
            Status = _ => throw new NotSupportedException(),
            Describe = _ => throw new NotSupportedException(),
            ChangeMembers = _ => throw new NotSupportedException(),
            TransferLeadership = _ => throw new NotSupportedException(),
            Close = () => ValueTask.CompletedTask,
        };
        var run = new HistoryRun(Plan, [access]);
        await run.RunAsync(_stop.Token);
        return run;
    }

    private async ValueTask<ClientResult> SendAsync(bool write, ReadOnlyMemory<byte> command)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        lock (_gate)
        {
            if (++_calls == Calls)
                _stop.Cancel();
            Code refusal = _outcome(KvCommand.Parser.ParseFrom(command.Span));
            if (refusal != Code.Ok)
                return new ClientResult(refusal, default, 0, "no", "");
            var answer = new ArrayBufferWriter<byte>();
            ulong index = ++_index;
            Code code = write
                ? _store.Apply(new LogIndex(index), 0, command.Span, answer)
                : _store.Query(command.Span, answer, out _);
            return new ClientResult(code, answer.WrittenMemory, index, "", "");
        }
    }
}
