using System.Buffers;
using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

/// <summary>Sessions of clients: a function of the log alone (traps 21 and 30).</summary>
public sealed class SessionTableTests
{
    private const long Timeout = 1_000;

    private readonly SessionTable _table = new();
    private ulong _index;

    [Fact]
    public void A_command_is_new_once_and_then_answered_as_the_first_time()
    {
        ulong session = Open(time: 10);
        Assert.Equal(SessionVerdict.New, Begin(session, 1, time: 11));
        ulong index = _index;
        _table.Complete(session, 1, Code.NotFound, "nothing"u8);
        Assert.Equal(SessionVerdict.Repeated, Begin(session, 1, time: 12, out KeptAnswer kept));
        Assert.Equal((index, Code.NotFound, "nothing"), (kept.Index.Value, kept.Code, Text(kept)));
        Assert.Equal(SessionVerdict.Repeated, Find(session, 1, time: 12));
    }

    [Fact]
    public void Commands_may_come_in_any_order_of_their_sequences()
    {
        ulong session = Open(time: 0);
        foreach (ulong sequence in new ulong[] { 5, 1, 9, 3, 2, 4, 8 })
            Assert.Equal(SessionVerdict.New, Do(session, sequence, time: 1));
        foreach (ulong sequence in new ulong[] { 1, 2, 3, 4, 5, 8, 9 })
        {
            Assert.Equal(SessionVerdict.Repeated, Begin(session, sequence, 1, out KeptAnswer kept));
            Assert.Equal($"{sequence}", Text(kept));
        }
        Assert.Equal(SessionVerdict.New, Find(session, 7, time: 1));
    }

    [Fact]
    public void What_is_acknowledged_is_kept_no_more_and_never_applied_again()
    {
        ulong session = Open(time: 0);
        for (ulong sequence = 1; sequence <= 10; sequence++)
            Do(session, sequence, time: 1);
        long bytes = _table.AnswerBytes;
        Assert.Equal(SessionVerdict.New, Do(session, 11, time: 2, acknowledgedBelow: 9));
        Assert.Equal(SessionVerdict.Acknowledged, Begin(session, 8, time: 2));
        Assert.Equal(SessionVerdict.Repeated, Begin(session, 9, time: 2));
        Assert.True(_table.AnswerBytes < bytes);
        // A sequence that was given up before it was ever applied: never, too.
        Assert.True(_table.Keep(session, new LogIndex(++_index), 3, 40));
        Assert.Equal(SessionVerdict.Acknowledged, Begin(session, 20, time: 3));
        Assert.Equal(0, _table.AnswerBytes);
    }

    [Fact]
    public void An_unknown_session_is_an_error_and_never_a_new_session()
    {
        Assert.Equal(SessionVerdict.Unknown, Begin(77, 1, time: 0));
        Assert.False(_table.Keep(77, new LogIndex(1), 0, 1));
        Assert.False(_table.Close(77, 0));
        Assert.Equal(0, _table.Count);
        ulong session = Open(time: 0);
        Assert.True(_table.Close(session, 0));
        Assert.Equal(SessionVerdict.Unknown, Begin(session, 1, time: 0));
    }

    [Fact]
    public void A_session_expires_by_the_time_of_records_and_lives_by_activity()
    {
        ulong idle = Open(time: 0);
        ulong busy = Open(time: 0);
        ulong kept = Open(time: 0);
        Do(busy, 1, time: 600);
        _table.Keep(kept, new LogIndex(++_index), 700, 1);
        Assert.Equal(SessionVerdict.New, Find(idle, 1, time: Timeout));
        Assert.Equal(SessionVerdict.Unknown, Find(idle, 1, time: Timeout + 1));
        Assert.Equal(3, _table.Count);
        Assert.Equal(SessionVerdict.Repeated, Begin(busy, 1, time: 600 + Timeout));
        Assert.Equal(2, _table.Count);
        Assert.False(_table.Contains(idle, 600 + Timeout));
        Assert.True(_table.Contains(kept, 700 + Timeout));
    }

    [Fact]
    public void One_session_too_many_ends_the_one_whose_activity_is_the_oldest()
    {
        ulong first = Open(time: 0, sessionsMax: 3);
        ulong second = Open(time: 0, sessionsMax: 3);
        ulong third = Open(time: 0, sessionsMax: 3);
        Do(first, 1, time: 0);
        ulong fourth = Open(time: 0, sessionsMax: 3);
        Assert.False(_table.Contains(second, 0));
        Assert.All([first, third, fourth], session => Assert.True(_table.Contains(session, 0)));
        Open(time: 0, sessionsMax: 0);
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void Answers_beyond_their_limit_end_sessions_by_oldest_activity()
    {
        ulong first = Open(time: 0);
        ulong second = Open(time: 0);
        ulong third = Open(time: 0);
        foreach (ulong session in new[] { third, first, second })
        {
            Begin(session, 1, time: 1);
            _table.Complete(session, 1, Code.Ok, new byte[1_000]);
        }
        long each = 1_000 + SessionLimits.AnswerOverheadBytes;
        Assert.Equal(3 * each, _table.AnswerBytes);
        _table.Evict(2 * each);
        Assert.False(_table.Contains(third, 1));
        _table.Evict(0);
        Assert.Equal((0, 0L), (_table.Count, _table.AnswerBytes));
    }

    [Fact]
    public void A_sequence_too_far_ahead_is_refused_so_that_a_session_stays_small()
    {
        ulong session = Open(time: 0);
        Assert.Equal(SessionVerdict.TooFarAhead, Begin(session, SessionLimits.SequencesMax + 1, time: 0));
        Assert.Equal(SessionVerdict.New, Find(session, SessionLimits.SequencesMax, time: 0));
        Assert.Equal(SessionVerdict.New, Do(session, SessionLimits.SequencesMax + 1, time: 0, acknowledgedBelow: 2));
    }

    [Fact]
    public void Equal_histories_give_equal_bytes_and_a_table_read_back_goes_on_alike()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var one = new SessionTable();
            var other = new SessionTable();
            ulong index = 0;
            long time = 0;
            for (int i = 0; i < 300; i++)
            {
                int dice = random.Next();
                index++;
                time += random.Next(40);
                Step(one, new Random(dice), index, time);
                Step(other, new Random(dice), index, time);
                Assert.Equal(one.Digest, other.Digest);
                if (random.Next(20) == 0)
                    other = SessionTable.Decode(Bytes(other));
                else if (random.Next(20) == 0)
                    other = other.Copy();
            }
            Assert.Equal(Bytes(one), Bytes(other));
            Assert.Equal((one.Count, one.AnswerBytes), (other.Count, other.AnswerBytes));
        }
    }

    [Fact]
    public void The_digest_tells_any_difference()
    {
        ulong session = Open(time: 0);
        var digests = new HashSet<ulong> { _table.Digest };
        Do(session, 1, time: 1);
        Assert.True(digests.Add(_table.Digest));
        SessionTable before = _table.Copy();
        Begin(session, 2, time: 1);
        _table.Complete(session, 2, Code.Ok, "a"u8);
        before.Begin(new SessionEnvelope(session, 2, 1), new LogIndex(_index), 1, out _);
        before.Complete(session, 2, Code.Ok, "b"u8);
        Assert.NotEqual(before.Digest, _table.Digest);
        _table.Close(session, 1);
        before.Close(session, 1);
        Assert.Equal(before.Digest, _table.Digest);
    }

    [Fact]
    public void Bytes_that_are_no_table_are_refused_and_never_crash()
    {
        ulong session = Open(time: 0);
        Do(session, 1, time: 0);
        Do(session, 2, time: 0);
        byte[] bytes = Bytes(_table);
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => SessionTable.Decode(bytes.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => SessionTable.Decode([.. bytes, 0]));
        var random = new Random(1);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                SessionTable.Decode(damaged);
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    private static void Step(SessionTable table, Random random, ulong index, long time)
    {
        ulong session = (ulong)random.Next(1, (int)index + 1);
        for (ulong i = 0; i < 60 && !table.Contains(session, time); i++)
            session = session == 1 ? index : session - 1;
        switch (random.Next(10))
        {
            case 0:
                table.Open(new LogIndex(index), time, new SessionRecord(SessionAction.Open, Timeout, 5));
                break;
            case 1:
                table.Keep(session, new LogIndex(index), time, (ulong)random.Next(20));
                break;
            case 2 when random.Next(5) == 0:
                table.Close(session, time);
                break;
            case 3 when random.Next(5) == 0:
                table.Evict(random.Next(500));
                break;
            default:
                ulong sequence = (ulong)random.Next(1, 40);
                var envelope = new SessionEnvelope(session, sequence, (ulong)random.Next((int)sequence + 1));
                if (table.Begin(envelope, new LogIndex(index), time, out _) == SessionVerdict.New)
                    table.Complete(session, sequence, Code.Ok, new byte[random.Next(30)]);
                break;
        }
    }

    private static byte[] Bytes(SessionTable table)
    {
        var output = new ArrayBufferWriter<byte>();
        table.Encode(output);
        return output.WrittenSpan.ToArray();
    }

    private static string Text(in KeptAnswer kept) => Encoding.UTF8.GetString(kept.Payload!);

    private ulong Open(long time, int sessionsMax = 100)
    {
        _table.Open(
            new LogIndex(++_index), time, new SessionRecord(SessionAction.Open, Timeout, (ulong)sessionsMax));
        return _index;
    }

    private SessionVerdict Find(ulong session, ulong sequence, long time) =>
        _table.Find(new SessionEnvelope(session, sequence, 1), time, out _);

    private SessionVerdict Begin(ulong session, ulong sequence, long time) => Begin(session, sequence, time, out _);

    private SessionVerdict Begin(ulong session, ulong sequence, long time, out KeptAnswer kept) =>
        _table.Begin(new SessionEnvelope(session, sequence, 1), new LogIndex(++_index), time, out kept);

    private SessionVerdict Do(ulong session, ulong sequence, long time, ulong acknowledgedBelow = 1)
    {
        var envelope = new SessionEnvelope(session, sequence, acknowledgedBelow);
        SessionVerdict verdict = _table.Begin(envelope, new LogIndex(++_index), time, out _);
        if (verdict == SessionVerdict.New)
            _table.Complete(session, sequence, Code.Ok, Encoding.UTF8.GetBytes($"{sequence}"));
        return verdict;
    }
}
