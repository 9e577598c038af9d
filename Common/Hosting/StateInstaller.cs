using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>
/// Applies received records to a state machine on a thread of its own, while others are still on their way. Its
/// members are called by one other thread.
/// </summary>
public sealed class StateInstaller : IDisposable
{
    /// <summary>Chunks that may wait.</summary>
    public const int WaitingMax = 32;

    private readonly IStateMachine _machine;
    private readonly DataDirectoryWriter? _directory;
    private readonly Action _settle;
    private readonly Action _wake;
    private readonly BlockingCollection<FetchedRecords> _waiting = new(WaitingMax);
    private readonly ConcurrentQueue<FetchedRecords> _used = new();
    private readonly NothingWriter _nothing = new();
    private readonly Thread _thread;
    private volatile Exception? _error;
    private long _ticks;

    /// <summary>Starts the thread.</summary>
    /// <param name="machine">Fresh; belongs to the installer until <see cref="Finish"/> has returned.</param>
    /// <param name="directory">Gets the same records; null: nobody does.</param>
    /// <param name="settle">Called on the installer's thread behind the last chunk; counts as installing.</param>
    /// <param name="wake">Called on the installer's thread when a chunk is used.</param>
    public StateInstaller(IStateMachine machine, DataDirectoryWriter? directory, Action settle, Action wake)
    {
        (_machine, _directory, _settle, _wake) = (machine, directory, settle, wake);
        _thread = new Thread(Run) { Name = "install", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether another chunk may be handed over.</summary>
    public bool HasRoom => _waiting.Count < WaitingMax;

    /// <summary>Why it stopped early; null: it has not.</summary>
    public Exception? Error => _error;

    /// <summary>Time spent in applying. Complete after <see cref="Finish"/>, as everything below.</summary>
    public TimeSpan Time => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _ticks));

    /// <summary>Commands applied.</summary>
    public long Commands { get; private set; }

    /// <summary>Records received, those that are no commands included.</summary>
    public long Records { get; private set; }

    /// <summary>Bytes of all records.</summary>
    public long Bytes { get; private set; }

    /// <summary>Hands a chunk over; it comes back through <see cref="TryTakeUsed"/>.</summary>
    public void Post(FetchedRecords chunk) => _waiting.Add(chunk);

    /// <summary>Takes a chunk back.</summary>
    public bool TryTakeUsed([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out FetchedRecords? chunk) =>
        _used.TryDequeue(out chunk);

    /// <summary>Waits until everything handed over is applied, and durable where a directory is written.</summary>
    public void Finish()
    {
        if (!_waiting.IsAddingCompleted)
            _waiting.CompleteAdding();
        _thread.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Finish();
        _waiting.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (FetchedRecords chunk in _waiting.GetConsumingEnumerable())
            {
                Install(chunk);
                _used.Enqueue(chunk);
                _wake();
            }
            long start = Stopwatch.GetTimestamp();
            _settle();
            Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
            _directory?.Complete();
        }
        catch (Exception error)
        {
            _error = error;
            foreach (FetchedRecords chunk in _waiting.GetConsumingEnumerable())
                _used.Enqueue(chunk);
        }
        _wake();
    }

    private void Install(FetchedRecords chunk)
    {
        long start = Stopwatch.GetTimestamp();
        ReadOnlySpan<byte> records = chunk.Bytes;
        Bytes += records.Length;
        // Verified when they were received; only the lengths are of interest here.
        while (records.Length > 0)
        {
            RecordHeader header = RecordCodec.Header(records);
            ReadOnlySpan<byte> payload = records.Slice(RecordHeader.SizeBytes, header.PayloadLength);
            Records++;
            if (header.Kind == RecordKind.Command)
            {
                Commands++;
                _machine.Apply(header.Index, header.TimeMicros, payload, _nothing);
            }
            records = records[header.RecordLength..];
        }
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
        _directory?.Append(chunk);
    }

    /// <summary>Takes answers that nobody waits for.</summary>
    private sealed class NothingWriter : IBufferWriter<byte>
    {
        private byte[] _scratch = new byte[4096];

        public void Advance(int count)
        {
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => Scratch(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => Scratch(sizeHint);

        private byte[] Scratch(int size) =>
            size <= _scratch.Length ? _scratch : _scratch = new byte[size];
    }
}
