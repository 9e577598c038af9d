using System.Net;
using System.Net.Sockets;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.LoggerProgram;

/// <summary>A cluster of one replica, in this process, that takes joins.</summary>
internal sealed class RunningCluster : IDisposable
{
    private const int FirstPort = 12_000;
    private const int PortCount = 18_000;

    private static int _lastPort = Random.Shared.Next(PortCount);

    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _loop;
    private Exception? _failure;

    public RunningCluster(string folder, string stateBase = "")
    {
        int[] ports = FreePorts(5);
        JoinEndpoint = new HostEndpoint("127.0.0.1", ports[2]);
        Source = new FollowSource("a", $"127.0.0.1:{ports[4]}", $"127.0.0.1:{ports[3]}", IsLogger: false);
        var host = new ReplicaHost(
            new ReplicaHostOptions
            {
                Id = "a",
                DataDirectory = folder,
                ClientEndpoint = new HostEndpoint("127.0.0.1", ports[0]),
                PeerEndpoint = new HostEndpoint("127.0.0.1", ports[1]),
                JoinListenEndpoint = JoinEndpoint,
                TransferEndpoint = new HostEndpoint("127.0.0.1", ports[3]),
                FeedEndpoint = new HostEndpoint("127.0.0.1", ports[4]),
                StateBase = stateBase,
            },
            () => new KvStateMachine(), NullLoggerFactory.Instance);
        _loop = new Thread(() => _failure = Record.Exception(() => host.Run(_stop.Token)));
        _loop.Start();
        ClientAddress = $"127.0.0.1:{ports[0]}";
        Client = new ChorusClient(new ChorusClientOptions { Servers = [ClientAddress], UseSession = false });
    }

    public ChorusClient Client { get; }

    public HostEndpoint JoinEndpoint { get; }

    /// <summary>Where its log can be followed.</summary>
    public FollowSource Source { get; }

    public string ClientAddress { get; }

    public static int[] FreePorts(int count) => [.. Enumerable.Range(0, count).Select(_ => FreePort())];

    // Not the system's choice: what it gives out it may give to an outgoing connection before the port is listened on.
    private static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref _lastPort) % PortCount);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
            }
        }
    }

    /// <summary>Sets keys, many at a time, and waits until all are committed.</summary>
    public async Task SetAsync(int from, int until)
    {
        var store = new KvClient(Client);
        Task<ClientResult>[] answers =
        [
            .. Enumerable.Range(from, until - from).Select(
                i => store.SetAsync(Encoding.UTF8.GetBytes($"key/{i}"), Encoding.UTF8.GetBytes($"value {i}")).AsTask()),
        ];
        foreach (ClientResult result in await Task.WhenAll(answers))
            Assert.True(result.IsSuccess);
    }

    public void Dispose()
    {
        Client.DisposeAsync().AsTask().Wait();
        _stop.Cancel();
        _loop.Join();
        _stop.Dispose();
        Assert.Null(_failure);
    }
}
