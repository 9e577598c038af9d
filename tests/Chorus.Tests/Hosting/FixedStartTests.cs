using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Hosting;

/// <summary>Several voters that start a cluster together, each knowing the others by <c>-peer</c>.</summary>
public sealed class FixedStartTests : IDisposable
{
    private static readonly string[] Names = ["a", "b", "c"];

    private readonly TemporaryDirectory _folder = new();
    private readonly int[] _ports = RunningCluster.FreePorts(4 * Names.Length);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Thread> _threads = [];
    private readonly List<Exception?> _failures = [];

    public void Dispose()
    {
        Stop();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task All_are_voters_at_once_and_are_pinned_and_named_by_and_by()
    {
        foreach (string name in Names)
            Start(name);
        await using var client = new ChorusClient(new ChorusClientOptions { Servers = [Address("a")] });
        Assert.True((await new KvClient(client).SetAsync("key"u8.ToArray(), "value"u8.ToArray())).IsSuccess);
        Waiting.Until(
            () => Members(client).All(member => member.Incarnation != 0 && member.ClientAddress.Length > 0),
            "everybody to be pinned and named");
        Assert.Equal(
            Names.Select(name => (name, Chorus.Common.Protocol.Member.Types.Kind.Voter)),
            Members(client).Select(member => (member.Id, member.Kind)));
        Stop();
        Assert.All(_failures, Assert.Null);
    }

    [Fact]
    public async Task It_begins_with_the_last_of_its_founders()
    {
        Start("a");
        Start("b");
        await using var client = new ChorusClient(
            new ChorusClientOptions { Servers = [Address("a"), Address("b")], Timeout = TimeSpan.FromSeconds(3) });
        Assert.False((await new KvClient(client).SetAsync("key"u8.ToArray(), "value"u8.ToArray())).IsSuccess);
        Start("c");
        Waiting.Until(() => Members(client).All(member => member.Incarnation != 0), "everybody to be pinned");
        Assert.True((await new KvClient(client).SetAsync("key"u8.ToArray(), "value"u8.ToArray())).IsSuccess);
    }

    private IReadOnlyList<Chorus.Common.Protocol.Member> Members(ChorusClient client)
    {
        Status? status = client.StatusAsync(Address("a")).Result;
        return [.. status?.Members.Select(member => member.Member) ?? [new Chorus.Common.Protocol.Member()]];
    }

    private string Address(string name) => $"127.0.0.1:{_ports[4 * Array.IndexOf(Names, name)]}";

    private void Start(string name)
    {
        HostEndpoint At(string of, int socket) => new("127.0.0.1", _ports[(4 * Array.IndexOf(Names, of)) + socket]);
        // Without -hrecov and -feed of their own: those of a fixed start stand at fixed distances from -raft.
        var host = new ReplicaHost(
            new ReplicaHostOptions
            {
                Id = name,
                DataDirectory = Path.Combine(_folder.Path, name),
                ClientEndpoint = At(name, 0),
                PeerEndpoint = At(name, 1),
                Peers = [.. Names.Select(other => new HostPeer(new NodeId(other), At(other, 1)))],
            },
            () => new KvStateMachine(), NullLoggerFactory.Instance);
        int slot = _failures.Count;
        _failures.Add(null);
        var thread = new Thread(() => _failures[slot] = Record.Exception(() => host.Run(_stop.Token)));
        _threads.Add(thread);
        thread.Start();
    }

    private void Stop()
    {
        _stop.Cancel();
        foreach (Thread thread in _threads)
            thread.Join();
    }
}
