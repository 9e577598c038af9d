using System.Diagnostics;
using System.Text;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class LoadEngineTests
{
    private static readonly LoadPlan Small = new() { Clients = 4, Requests = 1000, Keys = 100, ValueBytes = 16 };

    [Fact]
    public async Task A_load_of_n_requests_measures_n_operations()
    {
        FakeCluster cluster = new();
        LoadResult result = await new LoadEngine(Small, [cluster.Send]).RunAsync(default);
        Assert.Equal(1000, result.Operations);
        Assert.Equal(1000, cluster.Operations);
        Assert.Equal(1000, result.CompletedInWindow);
        Assert.Equal(0, result.Totals.Errors.Total);
        Assert.Equal(0, result.Stuck);
        byte[] expected = Encoding.UTF8.GetBytes(new string('@', 16));
        Assert.All(cluster.Values.Values, value => Assert.Equal(expected, value));
    }

    [Fact]
    public async Task Answers_from_another_thread_issue_the_next_operation()
    {
        FakeCluster cluster = new() { Asynchronous = true };
        LoadResult result = await new LoadEngine(Small, [cluster.Send, cluster.Send]).RunAsync(default);
        Assert.Equal(1000, result.Operations);
        Assert.Equal(0, result.Stuck);
    }

    [Fact]
    public async Task The_same_seed_issues_the_same_operations()
    {
        string[] first = await CommandsAsync(7);
        Assert.Equal(first, await CommandsAsync(7));
        Assert.NotEqual(first, await CommandsAsync(8));
        Assert.InRange(first.Count(command => command.StartsWith("Get", StringComparison.Ordinal)), 400, 600);
    }

    [Fact]
    public async Task Failures_are_counted_by_code_and_not_as_operations()
    {
        FakeCluster cluster = new()
        {
            Outcome = number => number % 10 == 0 ? Code.Overloaded : number % 25 == 0 ? Code.OutcomeUnknown : Code.Ok,
        };
        LoadResult result = await new LoadEngine(Small with { Requests = 200 }, [cluster.Send]).RunAsync(default);
        Assert.Equal(200, result.Operations + result.Totals.Errors.Total);
        Assert.Equal(20, result.Totals.Errors[Code.Overloaded]);
        Assert.Equal(4, result.Totals.Errors[Code.OutcomeUnknown]);
        Assert.StartsWith("refused with", result.Totals.Errors.LastMessage, StringComparison.Ordinal);
        Assert.Equal(24, result.Samples.Sum(sample => sample.Errors));
        Assert.Equal(4, result.Samples.Sum(sample => sample.Unknown));
    }

    [Fact]
    public async Task A_client_that_throws_is_counted_and_the_load_goes_on()
    {
        int calls = 0;
        ValueTask<ClientResult> Send(bool write, ReadOnlyMemory<byte> command) => (calls++ % 2) switch
        {
            0 => throw new ObjectDisposedException("socket"),
            _ => ValueTask.FromException<ClientResult>(new IOException("gone")),
        };
        LoadPlan plan = Small with { Clients = 1, Requests = 6 };
        LoadResult result = await new LoadEngine(plan, [Send]).RunAsync(default);
        Assert.Equal(6, result.Totals.Errors[Code.OutcomeUnknown]);
    }

    [Fact]
    public async Task The_warm_up_is_not_measured()
    {
        FakeCluster cluster = new();
        List<LoadPhase> phases = [];
        LoadPlan plan = Small with { WarmUpSec = 0.2, ThinkingTimeMsec = 1, Requests = 50 };
        LoadEngine engine = new(plan, [cluster.Send]) { PhaseChanged = phases.Add };
        LoadResult result = await engine.RunAsync(default);
        Assert.Equal(50, result.Operations);
        Assert.True(cluster.Operations > 60, $"{cluster.Operations} operations with warm-up");
        Assert.Equal([LoadPhase.Measure, LoadPhase.Drain], phases);
    }

    [Fact]
    public async Task Thinking_time_paces_each_caller()
    {
        LoadPlan plan = Small with { Clients = 2, Requests = 0, TimeSec = 0.5, ThinkingTimeMsec = 20 };
        LoadResult result = await new LoadEngine(plan, [new FakeCluster().Send]).RunAsync(default);
        Assert.InRange(result.Operations, 2, 2 * 26);
    }

    [Fact]
    public async Task A_load_that_is_stopped_says_so_and_ends_soon_despite_long_pauses()
    {
        using CancellationTokenSource stop = new();
        LoadPlan plan = Small with { Requests = 0, TimeSec = 600, ThinkingTimeMsec = 600_000 };
        LoadEngine engine = new(plan, [new FakeCluster().Send]);
        Task<LoadResult> run = engine.RunAsync(stop.Token);
        await stop.CancelAsync();
        LoadResult result = await run.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.True(result.Interrupted);
        Assert.Equal(0, result.Stuck);
    }

    [Fact]
    public async Task An_operation_that_is_never_answered_is_reported_as_stuck()
    {
        static ValueTask<ClientResult> Send(bool write, ReadOnlyMemory<byte> command) =>
            new(new TaskCompletionSource<ClientResult>().Task);
        LoadPlan plan = Small with { Requests = 0, TimeSec = 0.1, DrainSec = 0.1 };
        LoadResult result = await new LoadEngine(plan, [Send]).RunAsync(default);
        Assert.Equal(4, result.Stuck);
    }

    [Fact]
    public async Task An_open_loop_counts_the_wait_for_a_busy_cluster_as_response_time()
    {
        // One caller and a cluster that stalls once for 200 ms: 100 operations fall due meanwhile.
        int calls = 0;
        ValueTask<ClientResult> Send(bool write, ReadOnlyMemory<byte> command)
        {
            if (++calls == 100)
                Spin(TimeSpan.FromMilliseconds(200));
            return new(new ClientResult(Code.Ok, default, 1, "", ""));
        }
        LoadPlan plan = Small with { Clients = 1, Requests = 500, RatePerSec = 500 };
        LoadResult result = await new LoadEngine(plan, [Send]).RunAsync(default);
        Histogram response = Assert.IsType<Histogram>(result.Totals.Response);
        Assert.Equal(500, response.Count);
        Assert.InRange(result.Totals.Service.PercentileUs(99), 0, 100_000);
        Assert.InRange(response.PercentileUs(99), 150_000, 2_000_000);
        Assert.InRange(result.WindowSec, 0.99, 5);
    }

    [Fact]
    public async Task An_open_loop_tells_how_many_operations_it_could_not_send()
    {
        static ValueTask<ClientResult> Send(bool write, ReadOnlyMemory<byte> command) =>
            new(new TaskCompletionSource<ClientResult>().Task);
        LoadPlan plan = Small with { Clients = 1, Requests = 0, TimeSec = 0.5, RatePerSec = 1000, DrainSec = 0.1 };
        LoadResult result = await new LoadEngine(plan, [Send]).RunAsync(default);
        Assert.InRange(result.Unsent, 400, 2000);
    }

    private static async Task<string[]> CommandsAsync(ulong seed)
    {
        FakeCluster cluster = new();
        LoadPlan plan = Small with { Clients = 1, Seed = seed, ReadShare = 0.5 };
        await new LoadEngine(plan, [cluster.Send]).RunAsync(default);
        return [.. cluster.Commands];
    }

    private static void Spin(TimeSpan time)
    {
        long from = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(from) >= time);
    }
}
