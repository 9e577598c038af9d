using System.Collections.Concurrent;
using System.Diagnostics;
using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>
/// Installs received chunks on a thread of its own, while others are still on their way. Its members are called by one
/// other thread.
/// </summary>
public sealed class StateInstaller : IDisposable
{
    /// <summary>Chunks that may wait.</summary>
    public const int WaitingMax = 32;

    private readonly IChunkTarget _target;
    private readonly DataDirectoryWriter? _directory;
    private readonly Action _wake;
    private readonly BlockingCollection<FetchedRecords> _waiting = new(WaitingMax);
    private readonly ConcurrentQueue<FetchedRecords> _used = new();
    private readonly Thread _thread;
    private volatile Exception? _error;
    private long _ticks;

    /// <summary>Starts the thread.</summary>
    /// <param name="target">Belongs to the installer until <see cref="Finish"/> has returned.</param>
    /// <param name="directory">Gets the same records; null: nobody does.</param>
    /// <param name="wake">Called on the installer's thread when a chunk is used.</param>
    public StateInstaller(IChunkTarget target, DataDirectoryWriter? directory, Action wake)
    {
        (_target, _directory, _wake) = (target, directory, wake);
        _thread = new Thread(Run) { Name = "install", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Whether another chunk may be handed over.</summary>
    public bool HasRoom => _waiting.Count < WaitingMax;

    /// <summary>Why it stopped early; null: it has not.</summary>
    public Exception? Error => _error;

    /// <summary>Time spent in installing, without what a directory takes. Complete after <see cref="Finish"/>.
    /// </summary>
    public TimeSpan Time => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref _ticks));

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
            _target.Settle();
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
        _target.Install(chunk);
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
        _directory?.Append(chunk);
    }
}
