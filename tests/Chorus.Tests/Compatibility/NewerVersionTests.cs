using System.Buffers;
using Chorus.Common.Backup;
using Chorus.Common.Feed;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;
using Chorus.Tests.LoggerProgram;
using Chorus.Tests.Recovery;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Tests.Compatibility;

/// <summary>
/// What a newer version wrote or says is refused: the version that was found, the newest that is known, what to do;
/// and nothing of it is changed.
/// </summary>
public sealed class NewerVersionTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public static IEnumerable<object[]> InReplica => NewerData.Kinds.Keys.Select(kind => new object[] { kind });

    public static IEnumerable<object[]> InObserver =>
        NewerData.Kinds.Where(kind => kind.Value.File != "snapshot-").Select(kind => new object[] { kind.Key });

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(InReplica))]
    public void A_replica_does_not_start_from_newer_data_and_leaves_it_as_it_is(string kind)
    {
        string data = Raised(kind, "replica");
        HostEndpoint[] free = RunningReplica.FreeEndpoints(4);
        var host = new ReplicaHost(
            new ReplicaHostOptions
            {
                Id = FormatsWriter.Founder,
                DataDirectory = data,
                ClientEndpoint = free[0],
                PeerEndpoint = free[1],
                TransferEndpoint = free[2],
                FeedEndpoint = free[3],
            },
            () => new KvStateMachine(), NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        IsRefused(kind, data, () => host.Run(stop.Token));
    }

    [Theory]
    [MemberData(nameof(InReplica))]
    public void A_backup_of_a_newer_version_is_not_restored(string kind)
    {
        // What stands before the snapshot is not part of a backup, and only replicas look into configurations.
        if (kind is "kind of a record" or "configuration")
            return;
        string data = Raised(kind, "backup");
        IsRefused(kind, data, () => StateReplay.Run(data, null, withUncommitted: false, default));
    }

    [Theory]
    [MemberData(nameof(InObserver))]
    public void An_observer_does_not_go_on_with_newer_data_and_leaves_it_as_it_is(string kind)
    {
        string data = Raised(kind, "observer");
        IsRefused(kind, data, () =>
        {
            using NodeDirectory directory = NodeDirectory.Open(data, FormatsWriter.Observer, isObserver: true);
            var opening = new LogOpening { ClusterId = directory.ClusterId, IsObserver = true, HasHardState = true };
            using LogDriver? driver = LogDriver.TryOpen(directory.Storage, opening, out _);
        });
    }

    [Theory]
    [MemberData(nameof(InObserver))]
    public void Tools_say_that_data_is_newer_and_not_that_it_is_damaged(string kind)
    {
        // Only what reads the members looks into a configuration.
        if (kind == "configuration")
            return;
        string data = Raised(kind, "observer");
        ToolRun run = ToolRun.Of("verify", data);
        Assert.Equal(ExitCodes.Failed, run.Code);
        Assert.DoesNotContain("damaged", run.Output + run.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(NewerData.Kinds[kind].Found, run.Error, StringComparison.Ordinal);
        Assert.Contains("Install that version", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_snapshot_is_not_installed()
    {
        string data = Raised("sessions in a snapshot", "replica");
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(File.ReadAllBytes(Path.Combine(data, SnapshotName())));
        using var job = new Common.Replica.SnapshotFetchJob(new PosixStorage(data));
        job.Add(0, bytes);
        Assert.Throws<NodeDirectoryException>(job.Write);
        Assert.Null(job.Verified);
    }

    [Fact]
    public void A_frame_of_a_newer_protocol_says_which_and_who_must_be_upgraded()
    {
        foreach (MessageSample sample in MessageSamples.All)
        {
            byte[] frame = [.. sample.Frames[sample.Name.StartsWith("feed/", StringComparison.Ordinal) ? 1 : 0]];
            string? error = null;
            if (sample.Name.StartsWith("peer/", StringComparison.Ordinal))
            {
                frame[6] = 2;
                BitConverter.TryWriteBytes(frame, Crc32C.Compute(frame.AsSpan(4)));
                Assert.False(PeerCodec.TryDecode(frame, default, out _, out error));
            }
            else if (sample.Name.StartsWith("feed/", StringComparison.Ordinal))
            {
                frame[0] = 2;
                Assert.False(FeedHeader.TryDecode(frame, out _));
                error = FeedHeader.Objection(frame);
            }
            else if (sample.Name.StartsWith("transfer/", StringComparison.Ordinal)
                && frame.Length == TransferHeader.SizeBytes)
            {
                frame[0] = 2;
                Assert.False(TransferHeader.TryDecode(frame, out _));
                error = TransferHeader.Objection(frame);
            }
            if (error is not null)
                Assert.Matches("version 2.*(version|speaks) 1: upgrade the older one", error);
        }
    }

    [Fact]
    public void A_join_of_a_newer_protocol_is_refused_with_the_cure()
    {
        using var replica = new RunningReplica(
            FormatsWriter.Founder, StoredFormats.Copy(StoredFormats.Newest, "replica", _folder.Path));
        using var context = new ZmqContext();
        var request = JoinRequest.Parser.ParseFrom(
            MessageSamples.All.Single(sample => sample.Name == "join/request").Frames[0]);
        request.ProtocolVersion = 2;
        JoinReply reply = Join(context, replica, request);
        Assert.Equal(Code.BadRequest, reply.Code);
        Assert.Contains("version 2", reply.Message, StringComparison.Ordinal);
        Assert.Contains("version 1", reply.Message, StringComparison.Ordinal);
        Assert.Contains("Install", reply.Cure, StringComparison.Ordinal);
    }

    private static JoinReply Join(ZmqContext context, RunningReplica replica, JoinRequest request)
    {
        long end = Environment.TickCount64 + 30_000;
        while (true)
        {
            using var socket = new DealerSocket(context);
            socket.Options.ReceiveTimeoutMs = 2_000;
            socket.Options.SendTimeoutMs = 2_000;
            socket.Connect(new Endpoint(replica.Join.Host, replica.Join.Port));
            using var answer = new ZmqMessage();
            if (socket.SendFrame(request.ToByteArray()) && socket.ReceiveFrame(answer)
                && JoinReply.Parser.ParseFrom(answer.Span) is { Code: not Code.NotLeader } reply)
                return reply;
            Assert.True(Environment.TickCount64 < end, "nobody answers the join");
        }
    }

    private static string SnapshotName() =>
        Common.Snapshots.SnapshotNames.Of(new LogIndex(FormatsWriter.SnapshotIndex));

    private string Raised(string kind, string directory)
    {
        string data = StoredFormats.Copy(StoredFormats.Newest, directory, _folder.Path);
        NewerData.Kinds[kind].Raise(data);
        return data;
    }

    private static void IsRefused(string kind, string data, Action open)
    {
        (_, string file, string found, string known) = NewerData.Kinds[kind];
        SortedDictionary<string, byte[]> before = StoredFormats.Files(data);
        var refused = Assert.Throws<NodeDirectoryException>(open);
        foreach (string part in (string[])[Path.Combine(data, file), found, known, "made by a newer Chorus"])
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.Equal("Install that version again", refused.Cure);
        Assert.Equal(ExitCodes.Failed, CommandErrors.Explain(refused).ExitCode);
        SortedDictionary<string, byte[]> after = StoredFormats.Files(data);
        Assert.Equal(before.Keys, after.Keys);
        Assert.All(before, one => Assert.Equal(one.Value, after[one.Key]));
    }
}
