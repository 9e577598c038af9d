using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Tests.Log;
using Google.Protobuf;

namespace Chorus.Tests.Feed;

/// <summary>A log that a thread publishes over a real socket while a test writes to it.</summary>
internal sealed class LiveFeed : IDisposable
{
    private readonly ZmqContext _context = new();
    private readonly LogDriver _driver = new(new MemoryStorage());
    private readonly Lock _gate = new();
    private readonly ZmqFeedOutlet _outlet;
    private readonly FeedPublisher _publisher;
    private readonly FeedRole _role;
    private readonly Thread _thread;
    private volatile bool _isEnding;

    public LiveFeed(FeedRole role = FeedRole.Follower)
    {
        _role = role;
        _outlet = new ZmqFeedOutlet(_context, new Endpoint(Endpoint.Loopback, 0));
        _publisher = new FeedPublisher(_outlet, LogTestOptions.Cluster);
        _thread = new Thread(Run);
        _thread.Start();
    }

    public string Address => _outlet.LocalEndpoint.ToString();

    /// <summary>Called in every round of the thread, which may write.</summary>
    public Action<LiveFeed> EachRound { get; set; } = _ => { };

    public void Set(string key, string value) => Append(new KvCommand
    {
        Operation = KvCommand.Types.Operation.Set,
        Key = ByteString.CopyFromUtf8(key),
        Value = ByteString.CopyFromUtf8(value),
    });

    public void Delete(string key) => Append(new KvCommand
    {
        Operation = KvCommand.Types.Operation.Delete,
        Key = ByteString.CopyFromUtf8(key),
    });

    public void Dispose()
    {
        if (_isEnding)
            return;
        _isEnding = true;
        _thread.Join();
        _outlet.Dispose();
        _driver.Dispose();
        _context.Dispose();
    }

    private void Append(KvCommand command)
    {
        lock (_gate)
            _driver.Log.Append(new Term(3), RecordKind.Command, 1_000_000, command.ToByteArray());
    }

    private void Run()
    {
        var clock = new SystemClock();
        var poller = new Poller();
        poller.Add(_outlet.Socket);
        while (!_isEnding)
        {
            EachRound(this);
            lock (_gate)
                _publisher.Work(_driver.Log, _driver.Log.LastIndex, new Term(3), _role, clock.MonotonicMicros);
            poller.Wait(5);
        }
    }
}
