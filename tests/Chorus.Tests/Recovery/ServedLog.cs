using System.Buffers;
using System.Globalization;
using System.Text;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Recovery;

/// <summary>A log of key-value commands, served on a real socket by a thread of its own.</summary>
internal sealed class ServedLog : IDisposable
{
    /// <summary>Different keys of the commands.</summary>
    public const int Keys = 997;

    private static readonly Guid Cluster = new("8a2d1cf0-5b0e-4d1b-9a65-0c4d3a9f7e11");

    private readonly MemoryStorage _storage = new();
    private readonly RecordLog _log;
    private readonly LogView _view = new();
    private readonly ZmqTransferServer _socket;
    private readonly Wakeup _wakeup = new();
    private readonly Thread _thread;
    private readonly long _diesAfterBytes;
    private volatile bool _stopping;

    /// <param name="context">Outlives it.</param>
    /// <param name="commands">How many sets and deletes.</param>
    /// <param name="clusterId">The cluster; one for all when null.</param>
    /// <param name="diesAfterBytes">Falls silent when it has sent so much.</param>
    public ServedLog(ZmqContext context, int commands, Guid? clusterId = null, long diesAfterBytes = long.MaxValue)
    {
        _diesAfterBytes = diesAfterBytes;
        _log = RecordLog.Open(
            _storage, new InlineDiskExecutor(), new LogOptions { SegmentSizeBytes = 4 << 20 }, clusterId ?? Cluster);
        Fill(commands);
        _view.Show(_log.ExtentUpTo(_log.LastIndex));
        _socket = new ZmqTransferServer(context, new Endpoint("127.0.0.1", 0));
        Address = HostEndpoint.Parse(_socket.LocalEndpoint.ToString(), "-recov");
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public HostEndpoint Address { get; }

    public LogIndex Last => _log.LastIndex;

    /// <summary>The state that the commands make.</summary>
    public KvStateMachine State { get; } = new();

    public void Dispose()
    {
        _stopping = true;
        _wakeup.Signal();
        _thread.Join();
        _socket.Dispose();
        _wakeup.Dispose();
        _log.Dispose();
    }

    private void Fill(int commands)
    {
        _log.SaveHardState(new HardState(new Term(1), NodeId.None, LogIndex.Zero));
        var output = new ArrayBufferWriter<byte>();
        var nothing = new ArrayBufferWriter<byte>();
        for (int i = 0; i < commands; i++)
        {
            var operation = i % 7 == 6 ? KvCommand.Types.Operation.Delete : KvCommand.Types.Operation.Set;
            string number = i.ToString(CultureInfo.InvariantCulture);
            output.ResetWrittenCount();
            KvCommandView.Write(
                output, operation, Encoding.UTF8.GetBytes($"key{i * 31 % Keys}"),
                Encoding.UTF8.GetBytes(number.PadLeft(400, '.')));
            LogIndex index = _log.Append(new Term(1), RecordKind.Command, i, output.WrittenSpan);
            State.Apply(index, i, output.WrittenSpan, nothing);
            if (i % 1000 == 0)
                Settle();
        }
        Settle();
    }

    private void Settle()
    {
        Waiting.Until(
            () =>
            {
                _log.Flush();
                while (_log.TryTakeCompletion(out LogCompletion completion))
                    Assert.Null(completion.Error);
                return _log.DurableIndex == _log.LastIndex;
            },
            "the log to be durable");
    }

    private void Serve()
    {
        var clock = new SystemClock();
        using var server = new TransferServer(
            new TransferSource { Id = "s", View = _view, Storage = _storage }, _socket, clock);
        var poller = new Poller();
        poller.Add(_socket.Socket);
        poller.Add(_wakeup);
        while (!_stopping)
        {
            if (server.SentBytesTotal < _diesAfterBytes)
                server.DoWork();
            long left = server.NextWorkMicros - clock.MonotonicMicros;
            poller.Wait((int)Math.Clamp((left + 999) / 1000, 0, 100));
        }
    }
}
