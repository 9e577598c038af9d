using Chorus.Common.Hosting;
using Chorus.Common.Messaging;

namespace Chorus.Recovery;

/// <summary>Puts a recovery together and runs it.</summary>
internal static class RecoveryProcess
{
    /// <summary>Recovers and prints the result.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(RecoveryOptions options, CancellationToken stop) => Run(options, Console.Out, stop);

    internal static int Run(RecoveryOptions options, TextWriter output, CancellationToken stop)
    {
        using Profiler profiler = Profiler.Start(options.CpuProfile, options.MemoryProfile);
        using var context = new ZmqContext();
        var progress = new RecoveryProgress(options.Quiet ? null : Console.Error, !Console.IsErrorRedirected);
        RecoveryResult result = new RecoveryRun(options, progress, stop).Run(context);
        output.WriteLine(options.Json ? RecoveryReport.Json(result, options) : RecoveryReport.Text(result, options));
        return ExitCodeOf(result);
    }

    internal static int ExitCodeOf(RecoveryResult result) =>
        result.IsEqual == false ? ExitCodes.CheckFailed : ExitCodes.Ok;
}
