using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Member = Chorus.Raft.Member;

namespace Chorus.Common.Hosting;

/// <summary>What an observer has once its cluster has let it in: its record, open, and the members.</summary>
internal sealed class Entrance : IDisposable
{
    private const uint JoinProtocolVersion = 1;
    private const int ClusterIdBytes = 16;

    private readonly DiskThread _disk;

    private Entrance(DiskThread disk, RecordLog log, IReadOnlyList<Member> members) =>
        (_disk, Log, Members) = (disk, log, members);

    /// <summary>The record.</summary>
    public RecordLog Log { get; }

    /// <summary>The members, as the cluster names them now; empty when it was not asked or did not answer.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>Joins, or shows that one has joined before, and opens the record. Takes as long as it takes.</summary>
    /// <param name="options">The cluster.</param>
    /// <param name="host">The process.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="context">For the join socket.</param>
    /// <param name="logger">Hears what it waits for.</param>
    /// <param name="wake">Called when the disk has done something.</param>
    /// <param name="stop">Ends the attempt.</param>
    /// <returns>Null when stopped.</returns>
    public static Entrance? Make(
        LoggerCluster options, LoggerHostOptions host, NodeDirectory directory, ZmqContext context, ILogger logger,
        Action wake, CancellationToken stop)
    {
        JoinReply? welcome = null;
        JoinRequest request = RequestFor(options, host, directory);
        var client = new JoinClient(context, logger);
        bool hasRecord = directory.ClusterId != Guid.Empty && !directory.IsLogEmpty;
        if (options.JoinEndpoint is { } join)
        {
            var target = new Endpoint(join.Host, join.Port);
            welcome = hasRecord
                ? client.Confirm(target, request)
                : client.Join(target, request, stop, TimeSpan.MaxValue);
            if (welcome is null && !hasRecord)
                return null;
            if (welcome is not null)
                Settle(options, directory, welcome, join, logger);
        }
        else if (!hasRecord)
        {
            throw ChorusException.Usage(
                $"-join: {options.Folder} holds no record that says which cluster '{options.Id}' observes",
                "Give -join with the -hjoin address of any member");
        }
        return Open(
            directory, options, host, context, logger, wake,
            welcome is null ? [] : [.. welcome.Members.Select(ToMember)], stop);
    }

    /// <summary>Ends the disk's thread, then closes the files.</summary>
    public void Dispose()
    {
        _disk.Dispose();
        Log.Dispose();
    }

    private static void Settle(
        LoggerCluster options, NodeDirectory directory, JoinReply welcome, HostEndpoint join, ILogger logger)
    {
        if (welcome.ClusterId.Length != ClusterIdBytes)
        {
            throw ChorusException.Failed(
                "join_refused", $"what listens at {join} answers without a cluster",
                "Name the address that a member got with -hjoin");
        }
        var clusterId = new Guid(welcome.ClusterId.Span);
        directory.CheckCluster(clusterId);
        if (directory.ClusterId != Guid.Empty)
            return;
        directory.SetCluster(clusterId, welcome.StateBase.ReplaceLineEndings(" "));
        logger.ClusterJoined(options.Id, clusterId, join.ToString());
    }

    private static Entrance? Open(
        NodeDirectory directory, LoggerCluster options, LoggerHostOptions host, ZmqContext context, ILogger logger,
        Action wake, IReadOnlyList<Member> members, CancellationToken stop)
    {
        var disk = new DiskThread($"disk {options.Id}", wake);
        try
        {
            var clock = new SystemClock();
            var poller = new Poller();
            using var fetch = new ZmqTransferClient(context, poller, logger: logger);
            Member[] known = [.. members, .. KnownMembers.Load(directory.Storage)];
            RecordLog? log = RepairedLog.Open(
                directory.Storage, disk, host.Log,
                new LogOpening { ClusterId = directory.ClusterId, IsObserver = true },
                damaged => new LogRepair(
                    new NodeId(options.Id), directory.ClusterId, damaged, known, [], fetch, clock,
                    new TransferStreamOptions(), logger),
                (repair, micros) =>
                {
                    if (repair is null)
                        stop.WaitHandle.WaitOne(TimeSpan.FromMicroseconds(micros));
                    else
                        poller.WaitMicros(micros);
                },
                clock, logger, stop);
            if (log is not null)
                return new Entrance(disk, log, members);
            disk.Dispose();
            return null;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    private static JoinRequest RequestFor(LoggerCluster options, LoggerHostOptions host, NodeDirectory directory)
    {
        var self = new Member(
            new NodeId(options.Id), directory.Incarnation, MemberKind.Observer,
            options.AdvertisedPeerAddress(host.AdvertisedHost), "", Member.PriorityDefault,
            options.DistinctTransferAddress(host.AdvertisedHost), options.DistinctFeedAddress(host.AdvertisedHost));
        return new JoinRequest
        {
            ProtocolVersion = JoinProtocolVersion,
            Member = StatusReport.Describe(self),
            ClusterId = directory.ClusterId == Guid.Empty
                ? ByteString.Empty
                : ByteString.CopyFrom(directory.ClusterId.ToByteArray()),
        };
    }

    private static Member ToMember(Protocol.Member member) => new(
        new NodeId(member.Id), member.Incarnation, (MemberKind)member.Kind, member.PeerAddress, member.ClientAddress,
        (byte)Math.Min(member.Priority, byte.MaxValue), member.TransferAddress, member.FeedAddress);
}
