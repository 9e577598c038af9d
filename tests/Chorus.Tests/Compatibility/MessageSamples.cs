using Chorus.Common.Feed;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Compatibility;

/// <summary>A message of some protocol, as frames and as what they say.</summary>
/// <param name="Name">Protocol and kind.</param>
/// <param name="Frames">As today's code writes them.</param>
/// <param name="ReadsBack">Whether today's code reads from frames what these say.</param>
internal sealed record MessageSample(string Name, byte[][] Frames, Func<byte[][], bool> ReadsBack);

/// <summary>One of each message that nodes and clients send each other.</summary>
internal static class MessageSamples
{
    private static readonly PeerEnvelope Envelope = new(
        LogTestOptions.Cluster, new NodeId("node0"), 42, new NodeId("node1"), "127.0.0.1:12000", "127.0.0.1:11000");

    public static IReadOnlyList<MessageSample> All { get; } =
        [.. Peer(), .. Forwarded(), .. Feed(), .. Transfer(), .. ClientSamples.All];

    private static IEnumerable<MessageSample> Peer()
    {
        (NodeId from, ulong incarnation, NodeId to, var term) =
            (Envelope.From, Envelope.FromIncarnation, Envelope.To, new Term(7));
        Message[] messages =
        [
            new PreVoteRequest(from, incarnation, to, term, new LogIndex(9), new Term(6)),
            new PreVoteResponse(from, incarnation, to, term, true),
            new VoteRequest(from, incarnation, to, term, new LogIndex(9), new Term(6)),
            new VoteResponse(from, incarnation, to, term, false),
            new AppendAccepted(from, incarnation, to, term, new LogIndex(9)),
            new AppendRejected(from, incarnation, to, term, new LogIndex(9), new Term(3), new LogIndex(4)),
            new HeartbeatRequest(from, incarnation, to, term, new LogIndex(9), 11),
            new HeartbeatResponse(from, incarnation, to, term, 11, new LogIndex(9)),
            new TimeoutNow(from, incarnation, to, term),
            new ReadIndexRequest(from, incarnation, to, term, ReadKind.Lease, 12),
            new ReadIndexResponse(from, incarnation, to, term, ReadKind.Index, 12, new LogIndex(9)),
            new SnapshotRequired(from, incarnation, to, term, new LogIndex(5), new LogIndex(9)),
        ];
        foreach (Message message in messages)
        {
            yield return new(
                $"peer/{message.GetType().Name}", [Encode(message)], frames => message.Equals(Body(frames)));
        }
        Message byTransfer = new VoteRequest(
            from, incarnation, to, term, new LogIndex(9), new Term(6), ByTransfer: true);
        yield return new(
            "peer/VoteRequest-by-transfer", [Encode(byTransfer)], frames => byTransfer.Equals(Body(frames)));
        byte[] records = FormatsWriter.Records(8, 13);
        EntryRange entries = RecordRange.TryRead(records, new LogIndex(7), 5, out _)!;
        var append = new AppendRequest(
            from, incarnation, to, term, new LogIndex(7), new Term(1), entries, new LogIndex(6));
        yield return new("peer/AppendRequest", [Encode(append), records], frames => IsAppend(append, frames));
    }

    private static bool IsAppend(AppendRequest expected, byte[][] frames) =>
        Body(frames) is AppendRequest read && read with { Entries = expected.Entries } == expected
            && (read.Entries.From, read.Entries.Until) == (expected.Entries.From, expected.Entries.Until)
            && read.Entries.Terms.SequenceEqual(expected.Entries.Terms)
            && read.Entries.Configurations.Select(entry => $"{entry.Index} {entry.Configuration}")
                .SequenceEqual(expected.Entries.Configurations.Select(entry => $"{entry.Index} {entry.Configuration}"));

    private static IEnumerable<MessageSample> Forwarded()
    {
        foreach (PeerMessageType type in (PeerMessageType[])
            [
                PeerMessageType.ForwardedJoin, PeerMessageType.ForwardedJoinReply, PeerMessageType.ForwardedRequest,
                PeerMessageType.ForwardedResponse,
            ])
        {
            byte[] header = new byte[PeerCodec.HeaderBytesMax];
            byte[] frame = header[..PeerCodec.EncodeForwarded(Envelope, type, 5, header)];
            yield return new(
                $"peer/{type}", [frame],
                frames => PeerCodec.TryDecode(frames[0], default, out PeerMessage read, out _)
                    && (read.Envelope, read.Type, read.Correlation) == (Envelope, type, 5ul));
        }
    }

    private static IEnumerable<MessageSample> Feed()
    {
        byte[] records = FormatsWriter.Records(4, 7);
        FeedHeader batch = new(
            FeedMessageKind.Batch, FeedRole.Leader, LogTestOptions.Cluster, new Term(2), new LogIndex(4), 3,
            new LogIndex(20), 0xC4A1, 1_790_000_000_000_000);
        foreach (FeedHeader header in (FeedHeader[])
            [
                batch,
                batch with { Kind = FeedMessageKind.Heartbeat, Role = FeedRole.Logger, First = new(21), Count = 0 },
                batch with { Kind = FeedMessageKind.Key, Role = FeedRole.Follower, Count = 1 },
            ])
        {
            byte[] frame = new byte[FeedHeader.SizeBytes];
            header.Encode(frame);
            byte[] topic =
                [.. header.Kind switch
                {
                    FeedMessageKind.Batch => FeedTopics.Log,
                    FeedMessageKind.Heartbeat => FeedTopics.Heartbeat,
                    _ => "key/a"u8,
                }];
            yield return new(
                $"feed/{header.Kind}", header.Count > 0 ? [topic, frame, records] : [topic, frame],
                frames => FeedHeader.TryDecode(frames[1], out FeedHeader read) && read == header);
        }
    }

    private static IEnumerable<MessageSample> Transfer()
    {
        byte[] records = FormatsWriter.Records(4, 7);
        foreach (TransferMessageType type in Enum.GetValues<TransferMessageType>())
        {
            foreach (TransferContent content in Enum.GetValues<TransferContent>())
            {
                var header = new TransferHeader
                {
                    Type = type,
                    Content = content,
                    Refusal = type == TransferMessageType.Refused ? TransferRefusal.NoLongerKept : default,
                    Count = 3,
                    ClusterId = LogTestOptions.Cluster,
                    Stream = 9,
                    First = new LogIndex(4),
                    Until = new LogIndex(7),
                    Chain = 0xC4A1,
                    Limit = new LogIndex(20),
                    Position = 4096,
                    Length = 8192,
                    Credit = 16,
                    IsChainKnown = true,
                };
                byte[] frame = new byte[TransferHeader.SizeBytes];
                header.Encode(frame);
                yield return new(
                    $"transfer/{type}-{content}", type == TransferMessageType.Chunk ? [frame, records] : [frame],
                    frames => TransferHeader.TryDecode(frames[0], out TransferHeader read) && read == header);
            }
        }
    }

    private static byte[] Encode(Message message)
    {
        byte[] header = new byte[PeerCodec.HeaderBytesMax];
        return header[..PeerCodec.Encode(Envelope, message, header)];
    }

    private static Message? Body(byte[][] frames) =>
        PeerCodec.TryDecode(frames[0], frames.Length > 1 ? frames[1] : default, out PeerMessage read, out _)
            && read.Envelope == Envelope
            ? read.Message
            : null;
}
