using System.Security.Cryptography;
using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Hosting;

/// <summary>
/// Follows the committed log of a cluster for an application, on a thread of its own: hands each record to a handler
/// once, in order, without a gap, from whichever member has it. The cluster does not know of it, and nobody waits for
/// it.
/// </summary>
/// <remarks>
/// Exactly once needs the application's help: it stores a <see cref="FeedCursor"/> with what it makes of the records
/// and begins there the next time. A handler that throws ends the subscription; what it threw is in <see
/// cref="Completion"/>.
/// </remarks>
public sealed class LogSubscription : ILogSink, IDisposable
{
    private const long AskAgainMicros = 500_000;
    private const long WaitMicrosMax = 1_000_000;
    private const int ClusterIdBytes = 16;

    private readonly LogSubscriptionOptions _options;
    private readonly RecordHandler _handler;
    private readonly ILogger _logger;
    private readonly SystemClock _clock = new();
    private readonly Wakeup _wakeup = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private volatile LogSubscriptionStatus _status;
    private volatile bool _isStopping;
    private Guid _clusterId;
    private LogFollower? _follower;
    private Configuration _members = Configuration.Empty;
    private bool _membersChanged;

    /// <summary>Starts to follow.</summary>
    /// <param name="options">What, and from where on.</param>
    /// <param name="handler">Takes the records.</param>
    public LogSubscription(LogSubscriptionOptions options, RecordHandler handler)
    {
        options.Validate();
        (_options, _handler) = (options, handler);
        _logger = options.Loggers.CreateLogger("subscription");
        _status = new LogSubscriptionStatus(
            FollowerState.Searching, options.Cursor?.Index ?? LogIndex.Zero, LogIndex.Zero, "", "", "", 0);
        _clusterId = options.Cursor?.ClusterId ?? Guid.Empty;
        _thread = new Thread(Run) { Name = options.Name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where it stands. Any thread.</summary>
    public LogSubscriptionStatus Status => _status;

    /// <summary>Ends with the subscription: in good order, or with what the handler threw.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Ends it, after the record that is being handled. Not to be called by the handler.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wakeup.Signal();
        _thread.Join();
        _wakeup.Dispose();
    }

    // The handler is called within the round, so there is always room for the next record.
    bool ILogSink.HasRoom(long bytes) => true;

    void ILogSink.Append(ReadOnlySpan<byte> records, in RecordHeader last)
    {
        var walk = new RecordReader(records, RecordCodec.Header(records).Index, verify: false);
        while (walk.Read())
        {
            RecordHeader header = walk.Header;
            if (header.Kind == RecordKind.Configuration
                && ConfigurationCodec.TryDecode(walk.Payload, out Configuration? configuration, out _))
                (_members, _membersChanged) = (configuration, true);
            _handler(header, walk.Payload, FeedCursor.Behind(_clusterId, header));
        }
    }

    private void Run()
    {
        try
        {
            using var context = new ZmqContext();
            var poller = new Poller();
            poller.Add(_wakeup);
            using var fetch = new ZmqTransferClient(context, poller, null, _logger);
            using var inlet = new ZmqFeedInlet(context, _logger)
            {
                SocketChanged = (socket, isAdded) =>
                {
                    if (isAdded)
                        poller.Add(socket);
                    else
                        poller.Remove(socket);
                },
            };
            if (TryFindStart(fetch, poller, out RecordHeader position))
                Follow(position, inlet, fetch, poller);
            _completion.SetResult();
        }
        catch (Exception error)
        {
            _completion.SetException(error);
        }
    }

    /// <summary>Asks the sources what they have, where the application does not know.</summary>
    private bool TryFindStart(ZmqTransferClient fetch, Poller poller, out RecordHeader position)
    {
        position = default;
        if (_options.Cursor is { } cursor)
        {
            position = new RecordHeader(0, cursor.Index, Term.Zero, cursor.Chain, 0, RecordKind.NoOp);
            return true;
        }
        long askMicros = 0;
        while (!_isStopping)
        {
            _wakeup.Clear();
            if (_clock.MonotonicMicros >= askMicros)
            {
                askMicros = _clock.MonotonicMicros + AskAgainMicros;
                foreach (FollowSource source in _options.Sources)
                    TransferRequests.TrySendDescribe(fetch, source.TransferAddress, Guid.Empty);
            }
            while (fetch.TryReceive(out _, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                if (!TransferRequests.TryReadDescription(header, body, out LogDescription found)
                    || found.ClusterId.Length != ClusterIdBytes)
                    continue;
                _clusterId = new Guid(found.ClusterId.Span);
                if (_options.FromEnd)
                {
                    position = new RecordHeader(
                        0, new LogIndex(found.LastIndex), new Term(found.LastTerm), found.LastChain,
                        found.LastTimeMicros, RecordKind.NoOp);
                }
                return true;
            }
            Wait(poller, askMicros);
        }
        return false;
    }

    private void Follow(in RecordHeader position, ZmqFeedInlet inlet, ZmqTransferClient fetch, Poller poller)
    {
        var options = new LogFollowerOptions
        {
            ClusterId = _clusterId,
            Name = _options.Name,
            Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        };
        _follower = new LogFollower(options, position, inlet, fetch, _clock, this, _logger);
        _follower.Use(_options.Sources);
        FollowerGap? refused = null;
        while (!_isStopping)
        {
            _wakeup.Clear();
            _follower.DoWork();
            if (_membersChanged)
                UseMembers();
            if (_follower.Gap is { } gap && gap != refused)
            {
                refused = gap;
                if (_options.AcceptsGap?.Invoke(gap) ?? false)
                    _follower.SkipTo(gap.KeptFrom);
            }
            Show();
            Wait(poller, _follower.NextWorkMicros);
        }
    }

    private void UseMembers()
    {
        _membersChanged = false;
        var sources = new List<FollowSource>(_options.Sources);
        foreach (FollowSource member in FollowSources.Of(_members.Members, NodeId.None))
        {
            if (!sources.Exists(source => source.FeedAddress == member.FeedAddress))
                sources.Add(member);
        }
        _follower!.Use(sources);
    }

    private void Show()
    {
        LogFollower follower = _follower!;
        LogSubscriptionStatus shown = _status;
        if (shown.State == follower.State && shown.Position == follower.Position.Index
            && shown.Commit == follower.Commit && shown.Why == follower.Why && shown.Source == follower.Source)
            return;
        _status = new LogSubscriptionStatus(
            follower.State, follower.Position.Index, follower.Commit, follower.Source, follower.Why, follower.Cure,
            follower.HeldBytes);
    }

    private void Wait(Poller poller, long untilMicros)
    {
        poller.WaitMicros(Math.Clamp(untilMicros - _clock.MonotonicMicros, 0, WaitMicrosMax));
    }
}
