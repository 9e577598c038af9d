using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

public sealed class DumpTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Every_record_comes_as_a_line_of_json()
    {
        SampleLog.Write(_directory.Path, 100);
        ToolRun run = ToolRun.Of("dump", _directory.Path);
        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement[] lines = [.. run.Lines];
        Assert.Equal(Enumerable.Range(1, 100), lines.Select(line => line.GetProperty("index").GetInt32()));
        Assert.Equal("configuration", lines[0].GetProperty("kind").GetString());
        Assert.Equal("n1", lines[0].GetProperty("members")[0].GetProperty("id").GetString());
        Assert.Equal("noop", lines[1].GetProperty("kind").GetString());
        Assert.Equal("set", lines[6].GetProperty("operation").GetString());
        Assert.Equal("key/7", lines[6].GetProperty("key").GetString());
        Assert.Equal("value 7", lines[6].GetProperty("value").GetString());
        Assert.Equal("2023-11-14T22:13:27.000000Z", lines[6].GetProperty("time").GetString());
        Assert.Equal("delete", lines[9].GetProperty("operation").GetString());
        Assert.Equal((1, 2), (lines[49].GetProperty("term").GetInt32(), lines[50].GetProperty("term").GetInt32()));
        Assert.Equal(16, lines[99].GetProperty("chain").GetString()!.Length);
    }

    [Theory]
    [InlineData("-from 10 -to 12", "10 11 12")]
    [InlineData("-from 99", "99 100")]
    [InlineData("-from=101", "")]
    [InlineData("-to=2", "1 2")]
    [InlineData("-to 900 -from 100", "100")]
    [InlineData("-kind configuration", "1")]
    [InlineData("-kind=noop", "2")]
    [InlineData("-key key/9", "9 90 91 92 93 94 95 96 97 98 99")]
    [InlineData("-key key/100 -kind command", "100")]
    [InlineData("-key nothing", "")]
    public void Filters_choose_the_records(string flags, string expected)
    {
        SampleLog.Write(_directory.Path, 100);
        ToolRun run = ToolRun.Of(["dump", _directory.Path, .. flags.Split(' ')]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(expected, string.Join(' ', run.Lines.Select(line => line.GetProperty("index").GetInt32())));
    }

    [Fact]
    public void A_terminal_sees_a_table()
    {
        SampleLog.Write(_directory.Path, 12);
        ToolRun run = ToolRun.Of(isTerminal: true, "dump", _directory.Path);
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.StartsWith("INDEX   TERM  TIME", lines[0], StringComparison.Ordinal);
        Assert.Contains("n1(voter)", lines[1], StringComparison.Ordinal);
        Assert.Contains("set key/7 = value 7", lines[7], StringComparison.Ordinal);
        Assert.EndsWith("delete key/10", lines[10], StringComparison.Ordinal);
        Assert.Equal(run.Output, ToolRun.Of("dump", _directory.Path, "-o", "table").Output);
    }

    [Fact]
    public void What_is_no_text_comes_in_base_64()
    {
        using (var driver = new LogDriver(new PosixStorage(_directory.Path)))
        {
            driver.Save(1);
            driver.Log.Append(new Term(1), RecordKind.Command, 5, [0xFF, 0x00, 0x12]);
            Assert.True(driver.Settle());
        }
        JsonElement line = ToolRun.Of("dump", _directory.Path, "-o=json").Json;
        Assert.Equal([0xFF, 0x00, 0x12], line.GetProperty("payload_base64").GetBytesFromBase64());
        Assert.Contains("0xff0012", ToolRun.Of("dump", _directory.Path, "-o=table").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_values_are_cut_in_a_table_between_letters()
    {
        SampleLog.Write(_directory.Path, 4, value: string.Concat(Enumerable.Repeat("äöü€", 100)));
        ToolRun run = ToolRun.Of("dump", _directory.Path, "-o", "table");
        string line = run.Output.TrimEnd().Split('\n')[3];
        Assert.EndsWith("…", line, StringComparison.Ordinal);
        Assert.Contains("set key/3 = äöü€ä", line, StringComparison.Ordinal);
        Assert.True(line.Length <= 120, line);
    }

    [Fact]
    public void Entries_of_a_replica_behind_what_it_knows_to_be_committed_are_marked()
    {
        SampleLog.Write(_directory.Path, 10, commit: 6);
        JsonElement[] lines = [.. ToolRun.Of("dump", _directory.Path).Lines];
        Assert.True(lines[5].GetProperty("known_committed").GetBoolean());
        Assert.False(lines[6].GetProperty("known_committed").GetBoolean());
        string table = ToolRun.Of("dump", _directory.Path, "-o", "table").Output;
        Assert.Equal(4, table.Split("(uncommitted?)").Length - 1);
    }

    [Fact]
    public void What_stands_before_a_damage_is_given_out()
    {
        SampleLog.Write(_directory.Path, 300);
        SampleLog.Damage(SampleLog.Segments(_directory.Path)[0], 9000);
        ToolRun run = ToolRun.Of("dump", _directory.Path, "-o", "json");
        Assert.Equal(ExitCodes.Corruption, run.Code);
        Assert.InRange(run.Lines.Count(), 20, 100);
        JsonElement error = JsonDocument.Parse(run.Error).RootElement;
        Assert.Equal("corruption", error.GetProperty("code").GetString());
        Assert.Contains("offset", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "-from: '0' is no index", "-from", "0")]
    [InlineData(2, "-to: 'x' is no index", "-to", "x")]
    [InlineData(2, "-from 5 lies behind -to 4. Exchange the two", "-from", "5", "-to", "4")]
    [InlineData(2, "-kind: there is no kind 'set'", "-kind", "set")]
    [InlineData(2, "-o: there is no format 'xml'", "-o", "xml")]
    [InlineData(2, "unknown flag '-form'; did you mean '-from'?", "-form", "1")]
    [InlineData(1, "record 50 is not there", "-from", "50")]
    public void A_wrong_question_is_answered_with_its_cure(int code, string expected, params string[] flags)
    {
        SampleLog.Write(_directory.Path, 10);
        ToolRun run = ToolRun.Of(["dump", _directory.Path, .. flags]);
        Assert.Equal(code, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_log_names_the_logs_below_it()
    {
        ToolRun missing = ToolRun.Of("dump", Path.Combine(_directory.Path, "none"));
        Assert.Equal((1, ""), (missing.Code, missing.Output));
        Assert.Contains("There is no folder", missing.Error, StringComparison.Ordinal);
        SampleLog.Write(Path.Combine(_directory.Path, "log0"), 5);
        ToolRun above = ToolRun.Of("dump", _directory.Path);
        Assert.Equal(1, above.Code);
        Assert.Contains("holds no log", above.Error, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_directory.Path, "log0"), above.Error, StringComparison.Ordinal);
    }
}
