using System.Diagnostics;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Xunit.Abstractions;

namespace Chorus.Tests.Client;

public sealed class ClientLoadTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hundred_thousand_operations_of_64_callers_travel_together(bool inline)
    {
        const int Callers = 64;
        const int Each = 1_600;
        using FakeServer server = new FakeServer(FakeServer.Echo).Leading();
        await using ChorusClient client = new(server.Options() with { CompleteInline = inline });
        byte[][] commands = [.. Enumerable.Range(0, Callers).Select(i => BitConverter.GetBytes(i))];
        Assert.True((await client.WriteAsync(commands[0])).IsSuccess);

        long started = Stopwatch.GetTimestamp();
        await Task.WhenAll(commands.Select(async command =>
        {
            for (int i = 0; i < Each; i++)
            {
                ClientResult result = await client.WriteAsync(command);
                Assert.Equal(Code.Ok, result.Code);
                Assert.Equal(command, result.Payload.ToArray());
            }
        }));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;

        output.WriteLine($"{Callers * Each / seconds:F0} operations a second in {server.Frames} frames");
        Assert.Equal((Callers * Each) + 1, server.Seen);
        Assert.True(server.Frames < server.Seen / 2, $"{server.Seen} requests travelled in {server.Frames} frames");
    }

    [Fact]
    public async Task Many_operations_at_once_are_sent_in_bounded_frames()
    {
        int largest = 0;
        using FakeServer server = new FakeServer(r =>
        {
            largest = Math.Max(largest, r.CalculateSize());
            return FakeServer.Ok(r);
        }).Leading();
        await using ChorusClient client = new(server.Options() with { OutstandingMax = 1_000 });
        ClientResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 20_000).Select(i => client.WriteAsync(new byte[i % 5_000]).AsTask()));
        Assert.All(results, r => Assert.Equal(Code.Ok, r.Code));
        Assert.Equal(20_000, server.Seen);
        Assert.InRange(largest, 4_999, 5_100);
    }

    [Fact]
    public async Task No_operation_is_lost_or_done_twice_while_the_leader_comes_and_goes()
    {
        int applied = 0;
        using FakeServer server = new FakeServer(r =>
        {
            // Every third is refused for one reason or another; none of those is applied.
            switch (r.Id >> 20 & 7)
            {
                case 1: return FakeServer.Refuse(Code.Overloaded, "busy")(r);
                case 3: return FakeServer.NotLeader("")(r);
                default:
                    applied++;
                    return FakeServer.Ok(r);
            }
        }).Leading();
        await using ChorusClient client = new(server.Options() with
        {
            Timeout = TimeSpan.FromSeconds(60),
            BackOffMin = TimeSpan.FromMilliseconds(1),
            BackOffMax = TimeSpan.FromMilliseconds(2),
        });
        ClientResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 2_000).Select(_ => client.WriteAsync(new byte[8]).AsTask()));
        Assert.All(results, r => Assert.Equal(Code.Ok, r.Code));
        Assert.Equal(2_000, applied);
    }
}
