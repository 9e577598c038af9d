using Chorus.Simulation.Commands;

namespace Chorus.SimulationTests.Clients;

public sealed class HistoryCheckTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_history_that_some_order_explains_is_linearizable() => Assert.Equal(0, Check(
        "1 0 Set 0 0 0 100 200 Done 1 1 5",
        "2 1 CompareAndSet 0 1 0 150 300 Done 2 1 6",
        "3 0 CompareAndSet 0 1 0 310 400 Done 2 0 7",
        "4 0 Increment 3 0 4 320 400 Done 4 1 8",
        "5 1 Delete 0 0 0 410 500 Done 0 1 9",
        "6 0 Get 0 0 0 510 600 Done 0 0 9",
        "7 0 Get 3 0 0 510 600 Done 4 1 9"));

    [Theory]
    [InlineData("2 0 Get 0 0 0 210 300 Done 0 0 5")]
    [InlineData("2 0 CompareAndSet 0 7 0 210 300 Done 2 1 6")]
    [InlineData("2 0 Delete 0 0 0 210 300 Done 0 0 6")]
    [InlineData("2 0 Increment 0 0 3 210 300 Done 3 1 6")]
    public void An_acknowledged_write_that_nobody_sees_is_found(string later) =>
        Assert.Equal(4, Check("1 0 Set 0 0 0 100 200 Done 1 1 5", later));

    [Theory]
    [InlineData("Done 1 1 9")]
    [InlineData("Done 0 0 9")]
    public void A_write_without_an_answer_may_have_happened_or_not(string read) =>
        Assert.Equal(0, Check("1 0 Set 0 0 0 100 200 Unknown 1 0 0", $"2 0 Get 0 0 0 300 400 {read}"));

    [Fact]
    public void A_write_without_an_answer_is_not_undone() => Assert.Equal(4, Check(
        "1 0 Set 0 0 0 100 200 Unknown 1 0 0", "2 0 Get 0 0 0 300 400 Done 1 1 9", "3 0 Get 0 0 0 500 600 Done 0 0 9"));

    [Fact]
    public void An_increment_that_happened_twice_is_found() => Assert.Equal(4, Check(
        "1 0 Increment 3 0 4 100 200 Done 4 1 5", "2 0 Get 3 0 0 300 400 Done 8 1 6"));

    [Fact]
    public void A_file_that_is_not_whole_is_none()
    {
        File.WriteAllText(_path, "chorus-history 1\n1 0 Set 0 0 0 100 200 Done 1 1 5\n");
        Assert.Equal(5, HistoryCheck.Run(_path, TextWriter.Null));
        File.WriteAllText(_path, "chorus-history 2\nend 0\n");
        Assert.Equal(5, HistoryCheck.Run(_path, TextWriter.Null));
    }

    private int Check(params string[] operations)
    {
        File.WriteAllLines(_path, ["chorus-history 1", .. operations, $"end {operations.Length}"]);
        return HistoryCheck.Run(_path, TextWriter.Null);
    }
}
