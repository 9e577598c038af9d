using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

public sealed class StatAndDiffTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Stat_counts_records_kinds_and_terms()
    {
        string folder = Folder("a", 301);
        JsonElement json = ToolRun.Of("stat", folder, "-o", "json").Json;
        Assert.Equal(301, json.GetProperty("records").GetInt32());
        Assert.Equal(299, json.GetProperty("kinds").GetProperty("command").GetProperty("records").GetInt32());
        Assert.Equal(1, json.GetProperty("kinds").GetProperty("noop").GetProperty("records").GetInt32());
        Assert.Equal(
            [(1, 1, 50), (2, 51, 251)],
            json.GetProperty("terms").EnumerateArray().Select(term => (
                term.GetProperty("term").GetInt32(), term.GetProperty("first").GetInt32(),
                term.GetProperty("records").GetInt32())));
        Assert.Equal(300, json.GetProperty("seconds").GetDouble());
        Assert.Equal(1.0, json.GetProperty("records_per_second").GetDouble());
        Assert.Equal(301, json.GetProperty("last").GetProperty("index").GetInt32());
        Assert.Equal(SampleLog.Segments(folder).Length, json.GetProperty("segments").GetInt32());
        ToolRun text = ToolRun.Of("stat", folder);
        Assert.Equal((0, ""), (text.Code, text.Error));
        Assert.Contains("rate          1.0 records/s", text.Output, StringComparison.Ordinal);
        Assert.Contains("last          301, term 2, 2023-11-14T22:18:21.0", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_log_has_nothing_to_count()
    {
        string folder = Path.Combine(_directory.Path, "empty");
        NodeDirectory.Open(folder, "n1").Dispose();
        ToolRun run = ToolRun.Of("stat", folder);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("records       0", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, ToolRun.Of("verify", folder).Code);
        Assert.Equal(("", 0), (ToolRun.Of("dump", folder).Output, ToolRun.Of("dump", folder).Code));
        Assert.Equal(0, ToolRun.Of("diff", folder, folder).Code);
    }

    [Fact]
    public void Equal_logs_are_equal_as_far_as_both_go()
    {
        string a = Folder("a", 200), b = Folder("b", 260);
        Run(a, b, 0, out JsonElement json);
        Assert.True(json.GetProperty("equal").GetBoolean());
        Assert.Equal((1, 200), (json.GetProperty("from").GetInt32(), json.GetProperty("to").GetInt32()));
        ToolRun text = ToolRun.Of("diff", b, a);
        Assert.Contains("equal from 1 to 200: 200 records", text.Output, StringComparison.Ordinal);
        Assert.Contains($"{b} goes on to 260", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Logs_of_which_one_begins_later_are_compared_where_both_have_records()
    {
        string a = Folder("a", 300), b = Folder("b", 300);
        File.Delete(SampleLog.Segments(b)[0]);
        Run(a, b, 0, out JsonElement json);
        Assert.InRange(json.GetProperty("from").GetInt32(), 2, 299);
    }

    [Fact]
    public void The_first_record_that_differs_is_shown()
    {
        string a = Folder("a", 150), b = Folder("b", 150);
        SampleLog.Write(a, 300, commit: 290, value: "one");
        SampleLog.Write(b, 300, commit: 290, value: "two");
        Run(a, b, ExitCodes.CheckFailed, out JsonElement json);
        Assert.False(json.GetProperty("equal").GetBoolean());
        Assert.Equal(151, json.GetProperty("index").GetInt32());
        Assert.True(json.GetProperty("known_committed").GetBoolean());
        Assert.Equal("one 151", json.GetProperty("a").GetProperty("value").GetString());
        Assert.Equal("two 151", json.GetProperty("b").GetProperty("value").GetString());
        ToolRun text = ToolRun.Of("diff", a, b);
        Assert.Contains("they differ from record 151 on", text.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Neither folder", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_behind_the_commit_is_said_to_be_possible()
    {
        string a = Folder("a", 50), b = Folder("b", 50);
        SampleLog.Write(a, 60, commit: 40, value: "one");
        SampleLog.Write(b, 60, commit: 45, value: "two");
        ToolRun text = ToolRun.Of("diff", a, b);
        Assert.Equal(ExitCodes.CheckFailed, text.Code);
        Assert.Contains("Neither folder knows the record to be committed", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Logs_of_two_clusters_are_not_compared()
    {
        string a = Folder("a", 20), b = Path.Combine(_directory.Path, "b");
        using (RecordLog log = RecordLog.Open(
            new PosixStorage(b), new InlineDiskExecutor(), LogTestOptions.Small, Guid.NewGuid()))
        {
            log.SaveHardState(new HardState(new Term(1), NodeId.None, LogIndex.Zero));
            log.Append(new Term(1), RecordKind.NoOp, 5, default);
            Waiting.Until(
                () =>
                {
                    log.Flush();
                    return log.TryTakeCompletion(out _) && log.DurableIndex == log.LastIndex;
                },
                "the record is durable");
        }
        ToolRun run = ToolRun.Of("diff", a, b);
        Assert.Equal(ExitCodes.CheckFailed, run.Code);
        Assert.Contains("Compare logs of one cluster", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("diff", "A")]
    [InlineData("stat")]
    [InlineData("verify")]
    [InlineData("dmup", "A")]
    public void A_command_line_that_lacks_something_is_refused(params string[] args) =>
        Assert.Equal(ExitCodes.Usage, ToolRun.Of(args).Code);

    private static void Run(string a, string b, int code, out JsonElement json)
    {
        ToolRun run = ToolRun.Of("diff", a, b, "-o", "json");
        Assert.Equal((code, ""), (run.Code, run.Error));
        json = run.Json;
    }

    private string Folder(string name, int records)
    {
        string folder = Path.Combine(_directory.Path, name);
        SampleLog.Write(folder, records);
        return folder;
    }
}
