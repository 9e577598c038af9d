using System.Text;
using Chorus.Client.Load;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Tests.ClientProgram;

public sealed class CommandBufferTests
{
    [Theory]
    [InlineData("key", 7, 128)]
    [InlineData("", 0, 0)]
    [InlineData("", 0, 1)]
    [InlineData("ein Schlüssel ", 3, 127)]
    [InlineData("k", 20, 200_000)]
    public void Commands_are_those_of_the_library(string prefix, int digits, int valueBytes)
    {
        CommandBuffer buffer = new(prefix, digits, valueBytes);
        foreach (long number in (long[])[0, 7, 10, 9_999_999, 10_000_000, long.MaxValue])
        {
            byte[] key = Encoding.UTF8.GetBytes(prefix + number.ToString().PadLeft(digits, '0'));
            byte[] value = Encoding.UTF8.GetBytes(new string('@', valueBytes));
            KvCommand set = KvCommand.Parser.ParseFrom(buffer.Set(number).Span);
            Assert.Equal(KvCommand.Types.Operation.Set, set.Operation);
            Assert.Equal(key, set.Key.ToByteArray());
            Assert.Equal(value, set.Value.ToByteArray());
            if (valueBytes > 0)
                Assert.Equal(KvClient.Encode(KvCommand.Types.Operation.Set, key, value), buffer.Set(number).ToArray());
            Assert.Equal(KvClient.Encode(KvCommand.Types.Operation.Get, key, default), buffer.Get(number).ToArray());
        }
    }

    [Fact]
    public void A_renewed_buffer_leaves_the_old_bytes_alone()
    {
        CommandBuffer buffer = new("key", 7, 8);
        ReadOnlyMemory<byte> old = buffer.Set(1);
        byte[] before = old.ToArray();
        buffer.Renew();
        buffer.Value.Fill((byte)'x');
        buffer.Set(2);
        Assert.Equal(before, old.ToArray());
    }

    [Fact]
    public void Numbers_of_a_seed_and_a_caller_never_change()
    {
        RandomSequence random = new(1, 0);
        Assert.Equal([random.NextBelow(1000), random.NextBelow(1000), random.NextBelow(1000)], Three(1, 0));
        Assert.NotEqual(Three(1, 0), Three(1, 1));
        Assert.NotEqual(Three(1, 0), Three(2, 0));
        for (int i = 0; i < 10_000; i++)
        {
            Assert.InRange(random.NextBelow(10), 0, 9);
            Assert.InRange(random.NextShare(), 0, 0.9999999999999999);
        }

        static long[] Three(ulong seed, int caller)
        {
            RandomSequence random = new(seed, caller);
            return [random.NextBelow(1000), random.NextBelow(1000), random.NextBelow(1000)];
        }
    }
}
