using Chorus.Common.Hosting;
using Microsoft.Extensions.Logging;

namespace Chorus.Logger.Recording;

/// <summary>
/// The thread that writes what nobody waits for: throughput of every cluster, and texts. It reads what the loop has
/// made durable and counted; the loop does not know of it.
/// </summary>
internal sealed class Scribe : IDisposable
{
    private const int RoundMs = 200;
    private const int LastWordSeconds = 5;

    private readonly bool _writesText;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<RecordedLog> _arriving = [];
    private readonly List<(RecordedLog Record, ThroughputFile? Throughput, TextRecord? Text)> _records = [];
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    /// <param name="writesText">Whether texts are wanted.</param>
    /// <param name="logger">Hears of files that cannot be written.</param>
    public Scribe(bool writesText, ILogger logger)
    {
        (_writesText, _logger) = (writesText, logger);
        _thread = new Thread(Run) { Name = "scribe", IsBackground = true };
        _thread.Start();
    }

    private static long Second => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>Takes on a record. Any thread.</summary>
    public void Add(RecordedLog record)
    {
        lock (_gate)
            _arriving.Add(record);
    }

    /// <summary>Writes what is left, for some seconds at most, and ends the thread.</summary>
    public void Dispose()
    {
        _stopping.Set();
        _thread.Join();
        _stopping.Dispose();
    }

    private void Run()
    {
        bool isBehind = false;
        while (!_stopping.Wait(isBehind ? 0 : RoundMs))
            isBehind = !Round();
        long until = Second + LastWordSeconds;
        while (!Round() && Second < until)
        {
        }
        foreach ((RecordedLog record, ThroughputFile? throughput, TextRecord? text) in _records)
        {
            Guard(record, () => throughput?.Close(Second, record.Commands));
            Guard(record, () => text?.Dispose());
        }
    }

    /// <summary>Whether everything is written that can be.</summary>
    private bool Round()
    {
        TakeArriving();
        bool isDone = true;
        foreach ((RecordedLog record, ThroughputFile? throughput, TextRecord? text) in _records)
        {
            Guard(record, () => throughput?.Work(Second, record.Commands));
            isDone &= text is null || text.Work();
        }
        return isDone;
    }

    private void TakeArriving()
    {
        lock (_gate)
        {
            foreach (RecordedLog record in _arriving)
            {
                ThroughputFile? throughput = null;
                Guard(record, () => throughput = new ThroughputFile(record.Folder, record.Id, Second));
                _records.Add((record, throughput, _writesText ? new TextRecord(record, _logger) : null));
            }
            _arriving.Clear();
        }
    }

    private void Guard(RecordedLog record, Action write)
    {
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _logger.ThroughputFails(record.Id, error.Message);
        }
    }
}
