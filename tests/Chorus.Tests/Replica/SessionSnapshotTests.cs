using Chorus.Common.Protocol;
using Chorus.Common.Replica;

namespace Chorus.Tests.Replica;

/// <summary>Sessions of clients outlive the log in snapshots of the state (trap 21).</summary>
public sealed class SessionSnapshotTests
{
    private static readonly SnapshotOptions Often = new() { EveryBytes = 2_000, KeepBytes = 0, KeepMicros = 0 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_command_that_is_sent_again_when_its_record_is_gone_is_answered_as_the_first_time(bool onThread)
    {
        using var world = new SessionWorld(onThread: onThread, snapshots: Often);
        ulong session = world.Open();
        Request command = SessionWorld.Write(session, 1, SessionWorld.Increment("counter"));
        Response first = world.Ask(command);
        for (int i = 0; world.Log.FirstIndex.Value <= first.Index; i++)
        {
            Assert.True(i < 1_000, "the log is cut");
            world.Ask(new Request { Write = SessionWorld.Set("key", new string('v', 500)) });
            world.Run(100);
        }
        ulong digest = world.Replica.Sessions!.Value.Digest;
        world.Restart();
        Assert.True(world.Log.FirstIndex.Value > first.Index);
        Assert.Equal(digest, world.Replica.Sessions!.Value.Digest);
        Response again = world.Ask(command);
        Assert.Equal((first.Code, first.Index, first.Payload), (again.Code, again.Index, again.Payload));
        Assert.Equal("1", world.Value("counter"));
        Assert.Equal(
            "2",
            world.Ask(SessionWorld.Write(session, 2, SessionWorld.Increment("counter"))).Payload.ToStringUtf8());
    }
}
