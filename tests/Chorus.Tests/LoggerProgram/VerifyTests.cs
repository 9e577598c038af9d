using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

public sealed class VerifyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_whole_log_is_found_whole()
    {
        string a = Folder("a", 300), b = Folder("b", 20);
        ToolRun run = ToolRun.Of("verify", a, b);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains($"{a}: ok\n  300 records (1 to 300)", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{b}: ok\n  20 records (1 to 20)", run.Output, StringComparison.Ordinal);
        JsonElement json = ToolRun.Of("verify", a, "-o", "json").Json[0];
        Assert.Equal("ok", json.GetProperty("verdict").GetString());
        Assert.Equal(300, json.GetProperty("last").GetInt32());
        Assert.Equal(LogTestOptions.Cluster, json.GetProperty("cluster").GetGuid());
    }

    [Fact]
    public void Nothing_in_the_folder_is_changed()
    {
        string folder = Folder("a", 300);
        using (FileStream stream = File.OpenWrite(SampleLog.Segments(folder)[^1]))
        {
            stream.Position = 4096;
            stream.WriteByte(0x77);
        }
        Dictionary<string, string> before = Contents(folder);
        ToolRun.Of("verify", folder);
        ToolRun.Of("stat", folder);
        Assert.Equal(before, Contents(folder));
    }

    [Fact]
    public void A_damage_in_the_middle_is_named_with_file_and_offset()
    {
        string whole = Folder("a", 50), damaged = Folder("b", 300);
        string file = SampleLog.Segments(damaged)[1];
        SampleLog.Damage(file, 7000);
        ToolRun run = ToolRun.Of("verify", damaged, whole);
        Assert.Equal(ExitCodes.Corruption, run.Code);
        Assert.Contains($"{damaged}: DAMAGED", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{file}, offset ", run.Output, StringComparison.Ordinal);
        Assert.Contains($"{whole}: ok", run.Output, StringComparison.Ordinal);
        JsonElement json = ToolRun.Of("verify", damaged, whole, "-o", "json").Json;
        Assert.Equal(["damaged", "ok"], json.EnumerateArray().Select(f => f.GetProperty("verdict").GetString()));
        Assert.Equal(file, json[0].GetProperty("file").GetString());
        Assert.InRange(json[0].GetProperty("offset").GetInt64(), 4096, 7000);
    }

    [Fact]
    public void A_damage_at_the_end_with_records_behind_it_is_no_torn_write()
    {
        string folder = Folder("a", 40);
        SampleLog.Damage(Assert.Single(SampleLog.Segments(folder)), 4200);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.Equal(ExitCodes.Corruption, run.Code);
        Assert.Contains("stand behind it", run.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Corruption, ToolRun.Of("stat", folder).Code);
        Assert.Equal(ExitCodes.Corruption, ToolRun.Of("dump", folder).Code);
        Assert.Equal(ExitCodes.Corruption, ToolRun.Of("diff", folder, folder).Code);
    }

    [Fact]
    public void A_torn_last_write_is_no_damage()
    {
        string folder = Folder("a", 40);
        string file = Assert.Single(SampleLog.Segments(folder));
        byte[] bytes = File.ReadAllBytes(file);
        int end = Array.FindLastIndex(bytes, b => b != 0);
        SampleLog.Damage(file, end);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("39 records (1 to 39)", run.Output, StringComparison.Ordinal);
        Assert.Contains("incomplete write", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_segment_is_a_damage()
    {
        string folder = Folder("a", 900);
        Assert.True(SampleLog.Segments(folder).Length > 2);
        File.Delete(SampleLog.Segments(folder)[1]);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.Equal(ExitCodes.Corruption, run.Code);
        Assert.Contains("where it must begin", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Oldest_segments_may_be_missing_on_purpose()
    {
        string folder = Folder("a", 300);
        File.Delete(SampleLog.Segments(folder)[0]);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.Equal(0, run.Code);
        Assert.Contains("are no longer kept", run.Output, StringComparison.Ordinal);
        int first = ToolRun.Of("verify", folder, "-o=json").Json[0].GetProperty("first").GetInt32();
        ToolRun dump = ToolRun.Of("dump", folder, "-from", "1");
        Assert.Equal(1, dump.Code);
        Assert.Contains($"record 1 is no longer kept", dump.Error, StringComparison.Ordinal);
        Assert.Contains($"Use -from {first}", dump.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_segment_that_does_not_continue_the_one_before_it_is_a_damage()
    {
        string a = Folder("a", 300), b = Folder("b", 300, "other"), mixed = Path.Combine(_directory.Path, "mixed");
        Directory.CreateDirectory(mixed);
        string[] ofA = SampleLog.Segments(a), ofB = SampleLog.Segments(b);
        File.Copy(ofA[0], Path.Combine(mixed, Path.GetFileName(ofA[0])));
        File.Copy(ofB[1], Path.Combine(mixed, Path.GetFileName(ofB[1])));
        ToolRun run = ToolRun.Of("verify", mixed);
        Assert.Equal(ExitCodes.Corruption, run.Code);
    }

    [Fact]
    public void A_file_that_is_no_segment_of_the_folder_is_a_damage()
    {
        string folder = Folder("a", 300);
        string[] segments = SampleLog.Segments(folder);
        File.Copy(segments[0], segments[1], overwrite: true);
        ToolRun run = ToolRun.Of("verify", folder);
        Assert.Equal(ExitCodes.Corruption, run.Code);
        Assert.Contains("under another one's name", run.Output, StringComparison.Ordinal);
        File.WriteAllBytes(segments[1], [1, 2, 3]);
        ToolRun text = ToolRun.Of("verify", folder, "-o", "json");
        Assert.Equal(ExitCodes.Corruption, text.Code);
        Assert.Equal("damaged", text.Json[0].GetProperty("verdict").GetString());
    }

    private string Folder(string name, int records, string value = "value")
    {
        string folder = Path.Combine(_directory.Path, name);
        SampleLog.Write(folder, records, value: value);
        return folder;
    }

    private static Dictionary<string, string> Contents(string folder) => Directory.GetFiles(folder).ToDictionary(
        file => $"{file} {File.GetLastWriteTimeUtc(file):O}", file => Convert.ToHexString(
            System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
}
