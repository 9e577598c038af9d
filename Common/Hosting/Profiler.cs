using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Diagnostics.NETCore.Client;

namespace Chorus.Common.Hosting;

/// <summary>
/// What <c>-cpuprofile</c> and <c>-memprofile</c> ask for: a trace of where the process spends its time, and
/// a report on its heap, both complete when this is disposed.
/// </summary>
public sealed class Profiler : IDisposable
{
    private const int BufferMb = 256;
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    private readonly FileStream? _memoryFile;
    private readonly FileStream? _cpuFile;
    private readonly EventPipeSession? _session;
    private readonly Thread? _copier;
    private Exception? _copyError;

    private Profiler(FileStream? cpuFile, FileStream? memoryFile)
    {
        _cpuFile = cpuFile;
        _memoryFile = memoryFile;
        if (cpuFile is null)
            return;
        _session = StartSession();
        _copier = new Thread(Copy) { IsBackground = true, Name = "cpuprofile" };
        _copier.Start();
    }

    /// <summary>Starts profiling.</summary>
    /// <param name="cpuPath">Where the trace goes, in the format of dotnet-trace (.nettrace); null:
    /// none.</param>
    /// <param name="memoryPath">Where the report goes, as text; null: none.</param>
    /// <exception cref="ChorusException">A file cannot be written, or the runtime allows no
    /// profiling.</exception>
    public static Profiler Start(string? cpuPath, string? memoryPath) =>
        new(Create("-cpuprofile", cpuPath), Create("-memprofile", memoryPath));

    /// <summary>Ends profiling and completes the files.</summary>
    public void Dispose()
    {
        if (_session is not null)
        {
            _session.Stop();
            bool ended = _copier!.Join(EndTimeout);
            _session.Dispose();
            _cpuFile!.Dispose();
            if (!ended || _copyError is not null)
            {
                string why = _copyError?.Message ?? "it takes too long";
                throw ChorusException.Failed("profile", $"-cpuprofile: the trace is not complete: {why}");
            }
        }
        if (_memoryFile is null)
            return;
        using var report = new StreamWriter(_memoryFile);
        WriteHeapReport(report);
    }

    private static FileStream? Create(string flag, string? path)
    {
        if (path is null)
            return null;
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ChorusException.Usage(
                $"{flag}: cannot write {path}: {error.Message}", "Name a file in a folder that exists");
        }
    }

    private static EventPipeSession StartSession()
    {
        const string Runtime = "Microsoft-Windows-DotNETRuntime";
        const long DefaultKeywords = 0x14c14fccbd;
        try
        {
            return new DiagnosticsClient(Environment.ProcessId).StartEventPipeSession(
                [
                    new EventPipeProvider("Microsoft-DotNETCore-SampleProfiler", EventLevel.Informational),
                    new EventPipeProvider(Runtime, EventLevel.Informational, DefaultKeywords),
                ],
                requestRundown: true,
                circularBufferMB: BufferMb);
        }
        catch (Exception error) when (error is ServerNotAvailableException or TimeoutException or IOException)
        {
            throw ChorusException.Failed(
                "profile",
                $"-cpuprofile: the runtime's diagnostics cannot be reached: {error.Message}",
                "Unset DOTNET_EnableDiagnostics, and check that the temporary folder can be written",
                error);
        }
    }

    private void Copy()
    {
        try
        {
            _session!.EventStream.CopyTo(_cpuFile!);
        }
        catch (Exception error)
        {
            _copyError = error;
        }
    }

    private static void WriteHeapReport(TextWriter report)
    {
        Write(report, "allocated_since_start_bytes", GC.GetTotalAllocatedBytes(precise: true));
        Write(report, "heap_before_collection_bytes", GC.GetTotalMemory(forceFullCollection: false));
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GCMemoryInfo info = GC.GetGCMemoryInfo(GCKind.Any);
        Write(report, "heap_live_bytes", GC.GetTotalMemory(forceFullCollection: false));
        Write(report, "heap_committed_bytes", info.TotalCommittedBytes);
        Write(report, "heap_fragmented_bytes", info.FragmentedBytes);
        Write(report, "heap_limit_bytes", info.TotalAvailableMemoryBytes);
        Write(report, "pinned_objects", info.PinnedObjectsCount);
        Write(report, "process_resident_bytes", Environment.WorkingSet);
        Write(report, "pause_total_us", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
        string[] names = ["generation_0", "generation_1", "generation_2", "large_objects", "pinned_heap"];
        for (int i = 0; i < names.Length; i++)
        {
            GCGenerationInfo generation = info.GenerationInfo[i];
            Write(report, $"{names[i]}_bytes", generation.SizeAfterBytes);
            Write(report, $"{names[i]}_fragmented_bytes", generation.FragmentationAfterBytes);
            if (i <= GC.MaxGeneration)
                Write(report, $"{names[i]}_collections", GC.CollectionCount(i));
        }
    }

    private static void Write(TextWriter report, string name, long value) =>
        report.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-36} {value,20}"));
}
