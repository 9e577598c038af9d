using Chorus.Common.Log;

namespace Chorus.Tests.Log;

public sealed class DiskThreadTests
{
    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 10)]
    public void A_thread_that_stands_back_says_so_to_the_system_for_itself_alone(bool standsBack, int more)
    {
        if (!OperatingSystem.IsLinux())
            return;
        int before = NiceValue();
        var job = new Looking();
        using (var thread = new DiskThread("disk", () => { }, standsBack))
            thread.Post(job);
        Assert.Equal(Math.Min(before + more, 19), Math.Max(job.Nice, before));
        Assert.Equal(before, NiceValue());
    }

    // The 19th field; the second one, the name, may have blanks in it.
    private static int NiceValue() =>
        int.Parse(File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ')[17]);

    private sealed class Looking : IDiskJob
    {
        public int Nice { get; private set; }

        public void Write() => Nice = NiceValue();

        public void Sync()
        {
        }

        public void Fail(Exception error)
        {
        }
    }
}
