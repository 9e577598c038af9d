using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;

namespace Chorus.Tests.Replica;

/// <summary>Sessions of clients outlive the log in snapshots of the state (trap 21).</summary>
public sealed class SessionSnapshotTests
{
    private static readonly SnapshotOptions Often = new() { EveryBytes = 2_000, KeepBytes = 0, KeepMicros = 0 };

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(true, 1L)]
    [InlineData(true, 3_000L)]
    [InlineData(true, long.MaxValue)]
    public void A_command_that_is_sent_again_when_its_record_is_gone_is_answered_as_the_first_time(
        bool onThread, long? slotCheckpointBytes)
    {
        SlotStateMachineOptions? slots = slotCheckpointBytes is { } bytes ? new() { CheckpointBytes = bytes } : null;
        using var world = new SessionWorld(onThread: onThread, snapshots: Often, slots: slots);
        ulong session = world.Open();
        Request command = SessionWorld.Write(session, 1, SessionWorld.Increment("7"));
        Response first = world.Ask(command);
        for (int i = 0; world.Log.FirstIndex.Value <= first.Index; i++)
        {
            Assert.True(i < 1_000, "the log is cut");
            world.Ask(new Request { Write = SessionWorld.Set("8", new string('v', 500)) });
            world.Run(100);
        }
        ulong digest = world.Replica.Sessions.Digest;
        world.Restart();
        Assert.True(world.Log.FirstIndex.Value > first.Index);
        Assert.Equal(digest, world.Replica.Sessions.Digest);
        Response again = world.Ask(command);
        Assert.Equal((first.Code, first.Index, first.Payload), (again.Code, again.Index, again.Payload));
        Assert.Equal("1", world.Value("7"));
        Assert.Equal(
            "2",
            world.Ask(SessionWorld.Write(session, 2, SessionWorld.Increment("7"))).Payload.ToStringUtf8());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(700)]
    [InlineData(long.MaxValue)]
    public void Slots_and_sessions_agree_after_every_restart_whatever_the_last_checkpoint_holds(long checkpointBytes)
    {
        using var world = new SessionWorld(slots: new SlotStateMachineOptions { CheckpointBytes = checkpointBytes });
        ulong session = world.Open();
        for (ulong sequence = 1; sequence <= 9; sequence++)
        {
            Request command = SessionWorld.Write(session, sequence, SessionWorld.Increment("3"));
            Response first = world.Ask(command);
            Status before = world.Status();
            world.Restart();
            Status after = world.Status();
            Assert.Equal((before.Digest, before.SessionDigest), (after.Digest, after.SessionDigest));
            Response again = world.Ask(command);
            Assert.Equal((first.Code, first.Index, first.Payload), (again.Code, again.Index, again.Payload));
            Assert.Equal($"{sequence}", world.Value("3"));
        }
    }
}
