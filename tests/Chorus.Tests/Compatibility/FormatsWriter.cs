using System.Buffers;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;
using Chorus.Tests.Log;
using Member = Chorus.Raft.Member;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.Compatibility;

/// <summary>Writes one small history with today's code, in every kind of directory. The same bytes each time.</summary>
internal static class FormatsWriter
{
    public const string Founder = "node0";
    public const string Observer = "log0";
    public const ulong Session = 3;
    public const int SnapshotIndex = 16;
    public const ulong HundredYearsMicros = 3_155_760_000_000_000;

    private const ulong Incarnation = 0x0123_4567_89AB_CDEF;
    private const long StartMicros = 1_790_000_000_000_000;
    private const string StateBase = "";

    /// <summary>Records of every kind, at the index of their place, from 1 on.</summary>
    public static IReadOnlyList<(ulong Term, RecordKind Kind, byte[] Payload)> History { get; } = MakeHistory();

    /// <summary>Writes everything below a folder.</summary>
    public static void Write(string folder)
    {
        RecordHeader last = WriteDirectory(
            Path.Combine(folder, "replica"), Founder, isObserver: false, withSnapshot: true, from: 1);
        WriteDirectory(Path.Combine(folder, "observer"), Observer, isObserver: true, withSnapshot: false, from: 1);
        WriteDirectory(
            Path.Combine(folder, "backup"), "backup", isObserver: true, withSnapshot: true, from: SnapshotIndex + 1);
        (ulong slots, ulong slotsSessions) = SlotFormats.Write(Path.Combine(folder, SlotFormats.Directory));
        ReplicatedState state = StateAt(History.Count);
        File.WriteAllText(
            Path.Combine(folder, StoredFormats.ExpectedName),
            $"last {last.Index}\nchain {last.Chain:x16}\nstate {state.Machine.Digest:x16}\n"
                + $"sessions {state.Sessions.Digest:x16}\nslots {slots:x16}\n"
                + $"slots-sessions {slotsSessions:x16}\n");
        File.WriteAllLines(
            Path.Combine(folder, StoredFormats.MessagesName),
            MessageSamples.All.Select(
                sample => $"{sample.Name} {string.Join(' ', sample.Frames.Select(Convert.ToHexStringLower))}"));
    }

    /// <summary>Records as they stand in the log.</summary>
    public static byte[] Records(int from, int until)
    {
        var bytes = new List<byte>();
        ulong chain = 0;
        for (int index = 1; index < until; index++)
        {
            (ulong term, RecordKind kind, byte[] payload) = History[index - 1];
            byte[] record = new byte[RecordHeader.SizeBytes + payload.Length];
            chain = RecordCodec.Encode(
                record, new LogIndex((ulong)index), new Term(term), chain, TimeOf(index), kind, payload);
            if (index >= from)
                bytes.AddRange(record);
        }
        return [.. bytes];
    }

    private static RecordHeader WriteDirectory(
        string path, string id, bool isObserver, bool withSnapshot, int from)
    {
        Directory.CreateDirectory(path);
        var identity = new NodeIdentity(
            id, Incarnation, LogTestOptions.Cluster, StateBase, IsFounder: !isObserver,
            new DateTime(2026, 11, 28, 12, 0, 0, DateTimeKind.Utc), isObserver);
        File.WriteAllText(Path.Combine(path, NodeDirectory.IdentityName), identity.Encode());
        var storage = new PosixStorage(path);
        if (withSnapshot)
            WriteSnapshot(storage);
        RecordHeader before = from == 1 ? default : SnapshotHeader.Mark(HeaderAt(SnapshotIndex));
        RecordHeader last;
        using (var driver = new LogDriver(storage, LogTestOptions.Small, before))
        {
            driver.Log.SaveHardState(new HardState(new Term(2), new NodeId(isObserver ? "" : id), LogIndex.Zero));
            for (int index = from; index <= History.Count; index++)
            {
                (ulong term, RecordKind kind, byte[] payload) = History[index - 1];
                driver.Log.Append(new Term(term), kind, TimeOf(index), payload);
                if (index % 3 == 0)
                    Assert.True(driver.Settle());
            }
            driver.Log.SaveHardState(
                new HardState(new Term(2), new NodeId(isObserver ? "" : id), driver.Log.LastIndex));
            Assert.True(driver.Settle());
            last = driver.Log.HeaderAt(driver.Log.LastIndex);
        }
        KnownMembers.Store(storage, Alone());
        if (storage.Exists(SegmentHeader.SpareName))
            storage.Delete(SegmentHeader.SpareName);
        return last;
    }

    private static void WriteSnapshot(PosixStorage storage)
    {
        ReplicatedState state = StateAt(SnapshotIndex);
        var header = new SnapshotHeader
        {
            ClusterId = LogTestOptions.Cluster,
            Last = SnapshotHeader.Mark(HeaderAt(SnapshotIndex)),
            Maker = Incarnation,
            Configuration = new ConfigurationEntry(new LogIndex(10), Alone()),
            StateBase = StateBase,
        };
        using SnapshotWriter writer = SnapshotWriter.Begin(storage, header);
        using IStateSnapshot entries = state.Machine.BeginSnapshot()!;
        var piece = new ArrayBufferWriter<byte>();
        for (bool more = true; more;)
        {
            piece.ResetWrittenCount();
            more = entries.TryWrite(piece, 64);
            if (piece.WrittenCount > 0)
                writer.Add(SnapshotSection.State, piece.WrittenSpan);
        }
        piece.ResetWrittenCount();
        state.Sessions.Encode(piece);
        writer.Add(SnapshotSection.Sessions, piece.WrittenSpan);
        writer.Finish(entries.Digest);
    }

    private static ReplicatedState StateAt(int until)
    {
        var state = new ReplicatedState(new KvStateMachine(), new SystemClock());
        var answers = new ArrayBufferWriter<byte>();
        for (int index = 1; index <= until; index++)
        {
            Code code = state.Apply(HeaderAt(index), History[index - 1].Payload, answers).Code;
            Assert.True(code is Code.Ok or Code.ConditionFailed or Code.Overloaded, $"record {index}: {code}");
        }
        return state;
    }

    private static RecordHeader HeaderAt(int index) => RecordCodec.Header(Records(index, index + 1));

    private static long TimeOf(int index) => StartMicros + index * 1_000_000L;

    private static Configuration Alone() => new([Voter(Founder)]);

    private static Member Voter(string id) => new(
        new NodeId(id), Incarnation, MemberKind.Voter, $"{id}:12000", $"{id}:11000", 70, $"{id}:15000", $"{id}:17000");

    private static List<(ulong Term, RecordKind Kind, byte[] Payload)> MakeHistory()
    {
        Configuration alone = Alone();
        Member joining = Voter("node1") with { Kind = MemberKind.Learner, IsHeld = true };
        Member observer = Voter(Observer) with { Kind = MemberKind.Observer };
        Configuration grown = alone.With(joining).With(observer);
        var history = new List<(ulong Term, RecordKind Kind, byte[] Payload)>
        {
            (1, RecordKind.Configuration, ConfigurationCodec.Encode(alone)),
            (1, RecordKind.NoOp, []),
            (1, RecordKind.Session, Change(SessionAction.Open, HundredYearsMicros, 16_384)),
            (1, RecordKind.Command, Set("a", "one")),
            (1, RecordKind.SessionCommand, InSession(Session, 1, 0, KvClient.EncodeIncrement(Bytes("count"), 5))),
            (1, RecordKind.SessionCommand, InSession(
                Session, 2, 1, KvClient.EncodeCompareAndSet(Bytes("a"), Bytes("one"), Bytes("two")))),
            (1, RecordKind.Session, Change(SessionAction.Keep, Session, 2)),
            (1, RecordKind.Configuration, ConfigurationCodec.Encode(grown)),
            (1, RecordKind.Configuration, ConfigurationCodec.Encode(
                Configuration.Joint(grown, grown.With(Voter("node1"))))),
            (1, RecordKind.Configuration, ConfigurationCodec.Encode(alone)),
            (2, RecordKind.NoOp, []),
            (2, RecordKind.Session, Change(SessionAction.Open, HundredYearsMicros, 16_384)),
            (2, RecordKind.Session, Change(SessionAction.Close, 12, 0)),
            (2, RecordKind.Session, Change(SessionAction.Evict, 1 << 20, 0)),
            (2, RecordKind.Session, Change(SessionAction.Probe, Session, 0)),
            (2, RecordKind.Command, Set("gone", "soon")),
            (2, RecordKind.Command, KvClient.Encode(Operation.Delete, Bytes("gone"), default)),
            (2, RecordKind.SessionCommand, InSession(
                Session, 3, 2, KvClient.EncodeCompareAndSet(Bytes("a"), null, Bytes("three")))),
        };
        for (int i = 0; i < 6; i++)
            history.Add((2, RecordKind.Command, Set($"large/{i}", new string((char)('a' + i), 3000))));
        return history;
    }

    private static byte[] Set(string key, string value) => KvClient.Encode(Operation.Set, Bytes(key), Bytes(value));

    /// <summary>A command as it stands in a record of kind SessionCommand.</summary>
    public static byte[] InSession(ulong session, ulong sequence, ulong acknowledgedBelow, byte[] command)
    {
        byte[] payload = new byte[SessionEnvelope.SizeBytes + command.Length];
        new SessionEnvelope(session, sequence, acknowledgedBelow).Encode(payload);
        command.CopyTo(payload, SessionEnvelope.SizeBytes);
        return payload;
    }

    /// <summary>What stands in a record of kind Session.</summary>
    public static byte[] Change(SessionAction action, ulong first, ulong second)
    {
        byte[] payload = new byte[SessionRecord.SizeBytes];
        new SessionRecord(action, first, second).Encode(payload);
        return payload;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
