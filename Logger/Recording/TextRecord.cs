using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Serilog;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Chorus.Logger.Recording;

/// <summary>
/// Writes the record of one cluster as a text for people, in files that roll daily and at 64 MiB. It reads what is
/// durable, so nothing waits for it and nothing is dropped for it: where it is behind, it catches up, and where it
/// ended is where its files end.
/// </summary>
internal sealed class TextRecord(RecordedLog record, ILogger logger) : IDisposable
{
    private const int BatchBytes = 1 << 20;
    private const int BatchesPerRound = 16;
    private const long FileBytesMax = 64 << 20;

    private readonly LogReader _reader = new(record.Storage);
    private readonly TextFolder _files = new(Path.Combine(record.Folder, "text"), record.Id);
    private Serilog.Core.Logger? _output;
    private NotedStream? _stream;
    private LogIndex _next;
    private bool _isFailing;

    /// <summary>Writes what has become durable, a bounded amount.</summary>
    /// <returns>Whether it has caught up, or cannot go on now.</returns>
    public bool Work()
    {
        if (record.View.Extent is not { } extent)
            return true;
        try
        {
            if (_output is null)
                Open(ulong.MaxValue);
            for (int i = 0; i < BatchesPerRound; i++)
            {
                if (_next > extent.Limit.Index)
                    return true;
                if (!TryWriteBatch(extent))
                    return true;
            }
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or LogCorruptionException)
        {
            Say(error);
            Close();
            return true;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        Close();
        _reader.Dispose();
    }

    private bool TryWriteBatch(LogExtent extent)
    {
        LogIndex first = LogIndex.Max(_next, extent.First);
        ReadOnlySpan<byte> records = _reader.Read(
            extent, first, extent.Limit.Index.Next, BatchBytes, out LogIndex until);
        if (records.IsEmpty)
            return false; // removed meanwhile; the next extent says so
        long expected = _stream!.Lines;
        if (first > _next)
        {
            _output!.Information("{Line:l}", RecordLine.Gap(_next, first));
            expected++;
        }
        var walk = new RecordReader(records, first, verify: false);
        while (walk.Read())
        {
            _output!.Information("{Line:l}", RecordLine.Of(walk.Header, walk.Payload));
            expected++;
        }
        _stream.Write();
        if (_stream.Failure is { } failure || _stream.Lines != expected)
        {
            // What of the batch has reached the files is not known: it is cut off and written again.
            Say(_stream.Failure ?? new IOException("a file cannot be opened"));
            ulong kept = _next.Value - 1;
            Close();
            Open(kept);
            return false;
        }
        _next = until;
        if (_isFailing)
            logger.TextGoesOn(record.Id);
        _isFailing = false;
        return true;
    }

    private void Open(ulong most)
    {
        _next = new LogIndex(_files.CutBehind(most) + 1);
        _stream = new NotedStream();
        _output = new LoggerConfiguration()
            .WriteTo.File(
                _files.Pattern,
                outputTemplate: "{Message:lj}{NewLine}",
                fileSizeLimitBytes: FileBytesMax,
                rollingInterval: RollingInterval.Day,
                rollOnFileSizeLimit: true,
                retainedFileCountLimit: null,
                hooks: _stream)
            .CreateLogger();
    }

    private void Close()
    {
        _output?.Dispose();
        _output = null;
    }

    private void Say(Exception error)
    {
        if (!_isFailing)
            logger.TextFails(record.Id, _next, error.Message);
        _isFailing = true;
    }
}
