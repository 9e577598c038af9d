using System.Globalization;
using Chorus.Common.Hosting;
using Microsoft.Extensions.Logging;

namespace Chorus.Tests.Hosting;

public sealed class ProfilerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("chorus-profiler-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_heap_report_and_a_trace_are_complete_when_profiling_ends()
    {
        string cpu = Path.Combine(_folder.FullName, "cpu.nettrace");
        string memory = Path.Combine(_folder.FullName, "memory.txt");
        using (Profiler.Start(cpu, memory))
        {
            double sum = 0;
            for (int i = 0; i < 1_000_000; i++)
                sum += Math.Sqrt(i);
            Assert.True(sum > 0);
        }
        Assert.Equal("Nettrace"u8, File.ReadAllBytes(cpu).AsSpan(0, 8));
        string live = File.ReadLines(memory).Single(line => line.StartsWith("heap_live", StringComparison.Ordinal));
        Assert.True(long.Parse(live.Split(' ')[^1], CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_refused_at_the_start()
    {
        string nowhere = Path.Combine(_folder.FullName, "missing", "cpu.nettrace");
        ChorusException error = Assert.Throws<ChorusException>(() => Profiler.Start(nowhere, null));
        Assert.Equal(ExitCodes.Usage, error.ExitCode);
        Assert.StartsWith("-cpuprofile: cannot write", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_and_unexpected_failures_go_to_a_file_with_time_level_and_node()
    {
        using (HostLogging logging = HostLogging.Open("n7", _folder.FullName, verbose: false, quiet: true))
        {
            ILogger logger = logging.Factory.CreateLogger("test");
            TestLines.Hello(logger, 42);
            ChorusException error = Assert.Throws<ChorusException>(
                () => logging.Guard(() => throw new InvalidCastException("odd")));
            Assert.Contains(_folder.FullName, error.Cure, StringComparison.Ordinal);
            Assert.Equal(3, logging.Guard(() => 3));
            Assert.Throws<ChorusException>(() => logging.Guard(() => throw ChorusException.Usage("known")));
        }
        FileInfo file = Assert.Single(_folder.GetFiles("n7-*.txt"));
        string text = File.ReadAllText(file.FullName);
        Assert.Matches(@"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d INF n7 .*hello 42\n", text);
        Assert.Contains("InvalidCastException: odd", text, StringComparison.Ordinal);
        Assert.DoesNotContain("known", text, StringComparison.Ordinal);
    }
}
