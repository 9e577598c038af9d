using Chorus.Common.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.LoggerProgram;

/// <summary>A logger in this process, with the files that it writes beside the records.</summary>
internal sealed class RunningLogger : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _loop;
    private readonly List<RecordedLog> _records = [];
    private Exception? _failure;
    private int _code = -1;

    public RunningLogger(params LoggerCluster[] clusters)
    {
        _loop = new Thread(() => _failure = Record.Exception(() => Run(clusters)));
        _loop.Start();
    }

    public static LoggerCluster Cluster(string id, string folder, HostEndpoint? join)
    {
        int[] ports = RunningCluster.FreePorts(3);
        return new LoggerCluster
        {
            Id = id,
            Folder = folder,
            JoinEndpoint = join,
            PeerEndpoint = new HostEndpoint("127.0.0.1", ports[0]),
            TransferEndpoint = new HostEndpoint("127.0.0.1", ports[1]),
            FeedEndpoint = new HostEndpoint("127.0.0.1", ports[2]),
        };
    }

    /// <summary>Last durable index of a record.</summary>
    public ulong Durable(string id)
    {
        lock (_records)
            return _records.Find(record => record.Id == id)?.View.Extent?.Limit.Index.Value ?? 0;
    }

    /// <summary>Waits until a record has come to an index.</summary>
    public void WaitFor(string id, ulong index) => Waiting.Until(() => Durable(id) >= index, $"{id} has {index}");

    /// <summary>Stops it.</summary>
    /// <returns>The exit code.</returns>
    public int Stop()
    {
        _stop.Cancel();
        return WaitForEnd();
    }

    public int WaitForEnd()
    {
        Assert.True(_loop.Join(TimeSpan.FromSeconds(20)));
        Assert.Null(_failure);
        return _code;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _loop.Join();
        _stop.Dispose();
    }

    private void Run(LoggerCluster[] clusters)
    {
        using var scribe = new Chorus.Logger.Recording.Scribe(writesText: true, NullLogger.Instance);
        var host = new LoggerHost(new LoggerHostOptions { Clusters = clusters }, NullLoggerFactory.Instance)
        {
            Opened = record =>
            {
                lock (_records)
                    _records.Add(record);
                scribe.Add(record);
            },
        };
        _code = host.Run(_stop.Token);
    }
}
