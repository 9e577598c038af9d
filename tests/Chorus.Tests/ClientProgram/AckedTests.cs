using System.Text;
using Chorus.Client.Acked;
using Chorus.Client.Load;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class AckedTests : IDisposable
{
    private static readonly LoadPlan Plan = new()
    {
        Clients = 4,
        Requests = 2000,
        Keys = 40,
        ValueBytes = 64,
        ReadShare = 0.3,
        TrackAcknowledged = true,
    };

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"chorus-acked-{Guid.NewGuid():N}");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_cluster_that_keeps_everything_is_confirmed()
    {
        FakeCluster cluster = new() { Asynchronous = true };
        (LoadResult result, AckedRun run) = await LoadAsync(cluster);
        Assert.Equal(0, result.WrongReads);
        Assert.InRange(run.Keys.Count, 8, 40);
        Verdict verdict = await VerifyAsync(cluster, run);
        Assert.True(verdict.IsGood);
        Assert.Equal(run.Keys.Count, verdict.Confirmed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_an_unknown_outcome_either_value_is_right(bool applied)
    {
        FakeCluster cluster = new()
        {
            Asynchronous = true,
            ApplyUnknown = applied,
            Outcome = number => number % 50 == 0 ? Code.OutcomeUnknown : Code.Ok,
        };
        (LoadResult result, AckedRun run) = await LoadAsync(cluster);
        long unknown = result.Totals.Errors[Code.OutcomeUnknown];
        Assert.True(unknown > 10);
        Assert.Equal(0, result.WrongReads);
        Assert.Equal(run.Keys.Count, run.Keys.Select(key => key.Key).Distinct().Count());
        Verdict verdict = await VerifyAsync(cluster, run);
        Assert.True(verdict.IsGood, string.Join('\n', verdict.Examples));
        Assert.Equal(unknown, applied ? verdict.UnknownApplied : verdict.UnknownNotApplied);
    }

    [Fact]
    public async Task A_write_that_takes_effect_long_after_its_unknown_outcome_is_no_loss()
    {
        FakeCluster cluster = new()
        {
            Asynchronous = true,
            Outcome = number => number == 500 ? Code.OutcomeUnknown : Code.Ok,
        };
        (_, AckedRun run) = await LoadAsync(cluster, Plan with { ReadShare = 0 });
        AckedKey late = Assert.Single(run.Keys, key => key.Unknown > 0);
        cluster.Values[run.NameOf(late)] = run.ValueOf(late, late.Unknown);
        Assert.True((await VerifyAsync(cluster, run)).IsGood);
    }

    [Fact]
    public async Task Lost_and_wrong_values_are_found_one_by_one()
    {
        FakeCluster cluster = new() { Asynchronous = true };
        (_, AckedRun run) = await LoadAsync(cluster);
        AckedKey[] keys = [.. run.Keys];
        cluster.Values.TryRemove(run.NameOf(keys[0]), out _);
        cluster.Values[run.NameOf(keys[1])] = run.ValueOf(keys[1], 0);
        cluster.Values[run.NameOf(keys[2])] = Encoding.UTF8.GetBytes("something else");
        cluster.Values[run.NameOf(keys[3])] = run.ValueOf(keys[3], keys[3].Acked + 1_000_000);
        cluster.Values[run.NameOf(keys[4])] = run.ValueOf(keys[4] with { Caller = 17 }, 1);
        Verdict verdict = await VerifyAsync(cluster, run);
        Assert.Equal((3, 2, keys.Length - 5), (verdict.Lost, verdict.Wrong, verdict.Confirmed));
        Assert.False(verdict.IsGood);
        Assert.Equal(5, verdict.Examples.Count);
    }

    [Fact]
    public async Task A_stale_read_during_the_load_is_noticed()
    {
        FakeCluster cluster = new() { Asynchronous = true };
        bool isLost = false;
        ValueTask<Common.Client.ClientResult> Send(bool write, ReadOnlyMemory<byte> command)
        {
            if (cluster.Operations >= 1000 && !isLost)
            {
                cluster.Values.Clear();
                isLost = true;
            }
            return cluster.Send(write, command);
        }
        // One caller alone: of several, one may do all that is left, and write each of its few keys before it reads it.
        LoadResult result = await new LoadEngine(Plan with { Clients = 1, ReadShare = 0.5 }, [Send]).RunAsync(default);
        Assert.True(result.WrongReads > 0);
        Assert.Contains("was acknowledged, read shows nothing", result.FirstWrongRead, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_reads_back_as_it_was_written()
    {
        (_, AckedRun run) = await LoadAsync(new FakeCluster());
        AckedFile.Write(_file, run);
        AckedRun back = AckedFile.Read(_file);
        Assert.Equal(run.Keys, back.Keys);
        Assert.Equal(run.Servers, back.Servers);
        Assert.Equal((run.Run, run.KeyPrefix, run.KeyDigits, run.ValueBytes),
            (back.Run, back.KeyPrefix, back.KeyDigits, back.ValueBytes));
    }

    [Fact]
    public async Task A_file_that_is_not_whole_is_refused()
    {
        (_, AckedRun run) = await LoadAsync(new FakeCluster());
        AckedFile.Write(_file, run);
        string[] lines = File.ReadAllLines(_file);
        File.WriteAllLines(_file, lines[..^1]);
        Assert.Contains("ends early", Refusal(), StringComparison.Ordinal);
        File.WriteAllLines(_file, [lines[0], "1 2 3", "end 1"]);
        Assert.Contains(":2: expected", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_file, "{}\n");
        Assert.Contains("was not written by", Refusal(), StringComparison.Ordinal);
        File.WriteAllText(_file, "");
        Assert.Contains("was not written by", Refusal(), StringComparison.Ordinal);
    }

    private string Refusal() => Assert.Throws<InvalidDataException>(() => AckedFile.Read(_file)).Message;

    private static async Task<(LoadResult Result, AckedRun Run)> LoadAsync(FakeCluster cluster, LoadPlan? plan = null)
    {
        plan ??= Plan;
        LoadResult result = await new LoadEngine(plan, [cluster.Send]).RunAsync(default);
        return (result, new AckedRun
        {
            Run = result.Run,
            KeyPrefix = plan.KeyPrefix,
            KeyDigits = plan.KeyDigits,
            ValueBytes = plan.ValueBytes,
            Servers = ["127.0.0.1:11000"],
            Keys = result.Acked!.ToArray(),
        });
    }

    private static Task<Verdict> VerifyAsync(FakeCluster cluster, AckedRun run) =>
        new Verifier(run, key => new(cluster.Get(key))).RunAsync(default);
}
