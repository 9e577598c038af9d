using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using static Chorus.Tests.Replica.SessionWorld;

namespace Chorus.Tests.Replica;

/// <summary>Writes in sessions through a whole replica, applied by the loop or by a thread of its own.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_repeated_write_is_answered_as_the_first_time_and_stands_in_the_log_once(bool onThread)
    {
        using var world = new SessionWorld(onThread: onThread);
        ulong session = world.Open();
        Response first = world.Ask(Write(session, 1, Increment("k", 5)));
        Response second = world.Ask(Write(session, 2, Increment("k")));
        Response again = world.Ask(Write(session, 1, Increment("k", 5)));
        Assert.Equal(("5", "6", "5"), (Text(first), Text(second), Text(again)));
        Assert.Equal((Code.Ok, first.Index), (again.Code, again.Index));
        Assert.Equal("6", world.Value("k"));
        Assert.Equal(
            [RecordKind.Session, RecordKind.SessionCommand, RecordKind.SessionCommand], world.Kinds());
        Assert.Equal(0, world.Replica.Counters.SessionCommandsRefused);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_repeated_while_it_is_under_way_is_answered_twice_and_applied_once(bool onThread)
    {
        using var world = new SessionWorld(onThread: onThread);
        ulong session = world.Open();
        world.Disk.IsHeld = true;
        ulong[] ids = [.. Enumerable.Range(0, 3).Select(_ => world.Send(Write(session, 1, Increment("k"))))];
        world.Run(10);
        Assert.All(ids, id => Assert.Null(world.Answer(id)));
        world.Disk.IsHeld = false;
        world.RunUntil(() => ids.All(id => world.Answer(id) is not null));
        Assert.All(ids, id => Assert.Equal("1", Text(world.Answer(id)!)));
        Assert.Single(ids.Select(id => world.Answer(id)!.Index).Distinct());
        Assert.Equal("1", world.Value("k"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pipelined_writes_come_in_any_order_and_are_each_applied_once(bool onThread)
    {
        using var world = new SessionWorld(onThread: onThread);
        ulong session = world.Open();
        var random = new Random(3);
        ulong[] ids =
            [.. Enumerable.Range(0, 600).Select(_ => world.Send(
                Write(session, (ulong)random.Next(1, 100), Increment("k"))))];
        world.RunUntil(() => ids.All(id => world.Answer(id) is not null));
        Assert.All(ids, id => Assert.Equal(Code.Ok, world.Answer(id)!.Code));
        int distinct = ids.Select(id => Text(world.Answer(id)!)).Distinct().Count();
        Assert.Equal($"{distinct}", world.Value("k"));
        Assert.Equal(distinct, world.Kinds().Count(kind => kind == RecordKind.SessionCommand));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_knows_the_sessions_again_from_the_log(bool onThread)
    {
        using var world = new SessionWorld(onThread: onThread);
        ulong session = world.Open();
        Response first = world.Ask(Write(session, 7, Increment("k")));
        Status before = world.Status();
        world.Restart();
        Status after = world.Status();
        Assert.Equal((1ul, before.SessionDigest), (after.Sessions, after.SessionDigest));
        Response again = world.Ask(Write(session, 7, Increment("k")));
        Assert.Equal(("1", first.Index), (Text(again), again.Index));
        Assert.Equal("2", Text(world.Ask(Write(session, 8, Increment("k")))));
    }

    [Fact]
    public void An_unknown_session_is_an_error_with_cause_and_cure_and_applies_nothing()
    {
        using var world = new SessionWorld();
        Response answer = world.Ask(Write(99, 1, Set("k", "v")));
        Assert.Equal(Code.SessionExpired, answer.Code);
        Assert.NotEmpty(answer.Message);
        Assert.NotEmpty(answer.Cure);
        Assert.Null(world.Value("k"));
        Assert.DoesNotContain(RecordKind.SessionCommand, world.Kinds());
        Assert.Equal(0ul, world.Status().Sessions);
        Assert.Equal(Code.SessionExpired, world.Ask(Keep(99)).Code);
        Assert.Equal(
            Code.SessionExpired, world.Ask(Close(99)).Code);
    }

    [Fact]
    public void A_session_expires_by_log_time_unless_its_client_says_that_it_lives()
    {
        using var world = new SessionWorld(new SessionLimits { TimeoutMicros = 1_000_000 });
        ulong kept = world.Open();
        ulong idle = world.Open();
        for (int i = 0; i < 4; i++)
        {
            world.Clock.MonotonicMicros += 400_000;
            Assert.Equal(Code.Ok, world.Ask(Keep(kept)).Code);
        }
        Assert.Equal(Code.SessionExpired, world.Ask(Write(idle, 1, Set("k", "v"))).Code);
        Assert.Equal(Code.Ok, world.Ask(Write(kept, 1, Set("k", "v"))).Code);
        Assert.Equal(1ul, world.Status().Sessions);
    }

    [Fact]
    public void A_closed_session_is_gone()
    {
        using var world = new SessionWorld();
        ulong session = world.Open();
        Assert.Equal(Code.Ok, world.Ask(Write(session, 1, Set("k", "v"))).Code);
        Assert.Equal(
            Code.Ok, world.Ask(Close(session)).Code);
        Assert.Equal(Code.SessionExpired, world.Ask(Write(session, 1, Set("k", "v"))).Code);
    }

    [Fact]
    public void Numbers_that_no_client_can_mean_are_refused_and_reach_no_log()
    {
        using var world = new SessionWorld();
        ulong session = world.Open();
        world.Ask(Write(session, 5, Set("k", "v"), acknowledgedBelow: 5));
        Assert.Equal(Code.BadRequest, world.Ask(Write(session, 0, Set("k", "v"))).Code);
        Assert.Equal(Code.BadRequest, world.Ask(Write(0, 3, Set("k", "v"))).Code);
        Assert.Equal(Code.BadRequest, world.Ask(Write(session, 6, Set("k", "v"), acknowledgedBelow: 7)).Code);
        Assert.Equal(Code.BadRequest, world.Ask(Write(session, 4, Set("k", "v"))).Code);
        Assert.Equal(
            Code.Overloaded, world.Ask(Write(session, 5 + SessionLimits.SequencesMax, Set("k", "v"))).Code);
        Assert.Equal(2, world.Kinds().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Answers_kept_beyond_their_limit_end_the_oldest_sessions_by_an_entry_in_the_log(bool onThread)
    {
        using var world = new SessionWorld(new SessionLimits { AnswerBytesMax = 2_000 }, onThread);
        ulong[] old = [.. Enumerable.Range(0, 10).Select(_ => world.Open())];
        foreach (ulong idle in old)
            world.Ask(Write(idle, 1, Increment("k")));
        ulong session = world.Open();
        for (ulong sequence = 1; sequence <= 40; sequence++)
        {
            ulong acknowledged = sequence > 21 ? sequence - 21 : 1;
            Response answer = default!;
            world.RunUntil(() => (answer = world.Ask(Write(session, sequence, Increment("k"), acknowledged))).Code
                != Code.Overloaded);
            Assert.Equal(Code.Ok, answer.Code);
        }
        Assert.Equal(Code.SessionExpired, world.Ask(Write(old[0], 1, Increment("k"))).Code);
        Assert.Equal("10", Text(world.Ask(Write(old[9], 1, Increment("k")))));
        Assert.Equal("50", world.Value("k"));
        string digest = world.Status().SessionDigest;
        world.Restart();
        Assert.Equal(digest, world.Status().SessionDigest);
    }

    [Fact]
    public void Limits_hold_from_the_entry_on_that_brings_them_whatever_a_replica_was_started_with()
    {
        using var world = new SessionWorld(new SessionLimits { SessionsMax = 2 });
        ulong first = world.Open();
        world.Open();
        world.Open();
        Assert.Equal(2ul, world.Status().Sessions);
        string digest = world.Status().SessionDigest;
        world.Limits = new SessionLimits { SessionsMax = 1, TimeoutMicros = 1 };
        world.Restart();
        Assert.Equal(digest, world.Status().SessionDigest);
        Assert.Equal(Code.SessionExpired, world.Ask(Write(first, 1, Set("k", "v"))).Code);
    }

    private static string Text(Response response) => response.Payload.ToStringUtf8();

    private static Request Keep(ulong session) =>
        new()
        {
            ChangeSession = new ChangeSession
            {
                Action = ChangeSession.Types.Action.Keep,
                Session = session,
                AcknowledgedBelow = 1,
            },
        };

    private static Request Close(ulong session) => new()
    {
        ChangeSession = new ChangeSession { Action = ChangeSession.Types.Action.Close, Session = session },
    };
}
