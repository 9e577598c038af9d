using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Hosting;

public sealed class ReplicaTransferTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replica_serves_its_log(bool inMemory)
    {
        using var folder = new TemporaryDirectory();
        int[] ports = RunningCluster.FreePorts(4);
        using var stop = new CancellationTokenSource();
        var host = new ReplicaHost(
            new ReplicaHostOptions
            {
                Id = "a",
                DataDirectory = folder.Path,
                InMemory = inMemory,
                ClientEndpoint = new HostEndpoint("127.0.0.1", ports[0]),
                PeerEndpoint = new HostEndpoint("127.0.0.1", ports[1]),
                TransferEndpoint = new HostEndpoint("127.0.0.1", ports[2]),
                FeedEndpoint = new HostEndpoint("127.0.0.1", ports[3]),
                StateBase = "preload 3,4",
            },
            () => new KvStateMachine(), NullLoggerFactory.Instance);
        Exception? failure = null;
        var loop = new Thread(() => failure = Record.Exception(() => host.Run(stop.Token)));
        loop.Start();
        try
        {
            Fetch($"127.0.0.1:{ports[2]}");
        }
        finally
        {
            stop.Cancel();
            loop.Join();
        }
        Assert.Null(failure);
    }

    private static void Fetch(string address)
    {
        using var context = new ZmqContext();
        using var client = new ZmqTransferClient(context);
        var clock = new SystemClock();
        var stream = new LogStream(client);
        LogDescription? description = null;
        Waiting.Until(
            () =>
            {
                // Its configuration and the first entry of its term are there as soon as it leads.
                if (stream.State != TransferStreamState.Open)
                    stream.Open(address, Guid.Empty, default, new LogIndex(3), clock.MonotonicMicros);
                stream.Poll(clock.MonotonicMicros);
                TransferRequests.TrySendDescribe(client, address, Guid.Empty);
                while (client.TryReceive(out _, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                {
                    if (TransferRequests.TryReadDescription(header, body, out LogDescription found))
                        description = found;
                    stream.TryAccept(address, header, body, clock.MonotonicMicros, out _);
                }
                return stream.State == TransferStreamState.Complete && description?.LastIndex >= 2;
            },
            "two records of the log");
        Assert.Equal(RecordKind.NoOp, stream.Last.Kind);
        Assert.Equal(("a", "replica", "preload 3,4"), (description!.Id, description.Kind, description.StateBase));
        Assert.Equal("a", Assert.Single(description.Members).Id);
        Assert.Equal(stream.ClusterId, new Guid(description.ClusterId.Span));
    }
}
