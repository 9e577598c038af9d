using System.Buffers;
using Chorus.Common.Protocol;
using Google.Protobuf;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.Kvstore;

public sealed class KvCommandViewTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    public void Writes_what_the_protobuf_library_writes_and_reads_it_back(int valueLength)
    {
        byte[] key = [0, 255, 10];
        byte[] value = [.. Enumerable.Range(0, valueLength).Select(i => (byte)i)];
        foreach (Operation operation in Enum.GetValues<Operation>())
        {
            var message = new KvCommand
            {
                Operation = operation,
                Key = ByteString.CopyFrom(key),
                Value = ByteString.CopyFrom(value),
            };
            var output = new ArrayBufferWriter<byte>();
            KvCommandView.Write(output, operation, key, value);
            Assert.Equal(message.ToByteArray(), output.WrittenSpan);

            Assert.True(KvCommandView.TryRead(output.WrittenSpan, out KvCommandView view));
            Assert.Equal(operation, view.Operation);
            Assert.Equal(key, view.Key);
            Assert.Equal(value, view.Value);
        }
    }

    [Fact]
    public void Agrees_with_the_protobuf_library_on_mutated_commands()
    {
        var random = new Random(42);
        byte[] whole = new KvCommand
        {
            Operation = Operation.Set,
            Key = ByteString.CopyFromUtf8("key"),
            Value = ByteString.CopyFromUtf8("value"),
        }.ToByteArray();
        int accepted = 0;
        for (int i = 0; i < 200_000; i++)
        {
            byte[] bytes = [.. whole[..random.Next(whole.Length + 1)], .. Noise(random)];
            for (int changes = random.Next(3); changes > 0 && bytes.Length > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(random.Next(2) == 0 ? 32 : 256);
            accepted += Compare(bytes) ? 1 : 0;
        }
        Assert.True(accepted > 1000, $"{accepted} accepted");
    }

    [Fact]
    public void Passes_over_fields_of_later_versions()
    {
        byte[] later = Convert.FromHexString("1201412005290102030405060708" + "35010203043a02090943080144");
        Assert.True(KvCommandView.TryRead(later, out KvCommandView view));
        Assert.Equal("A"u8, view.Key);
        Assert.True(Compare(later));
    }

    [Fact]
    public void Deeply_nested_unknown_groups_are_refused_without_harm()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x43, 100_000), .. Enumerable.Repeat((byte)0x44, 100_000)];
        Assert.False(KvCommandView.TryRead(deep, out _));
    }

    private static bool Compare(byte[] bytes)
    {
        bool read = KvCommandView.TryRead(bytes, out KvCommandView view);
        KvCommand? expected = null;
        try
        {
            expected = KvCommand.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
        }
        bool known = expected is { Key.IsEmpty: false } && Enum.IsDefined(expected.Operation);
        if (known != read && !HasOverlongNumber(bytes))
            Assert.Fail(Convert.ToHexString(bytes));
        if (read)
        {
            Assert.Equal(expected!.Operation, view.Operation);
            Assert.Equal(expected.Key.Span, view.Key);
            Assert.Equal(expected.Value.Span, view.Value);
        }
        return read;
    }

    // Tags and lengths of more than 32 bits: refused here, cut to 32 bits by the library for C#.
    private static bool HasOverlongNumber(byte[] bytes)
    {
        int run = 0;
        foreach (byte part in bytes)
        {
            run = part >= 0x80 ? run + 1 : 0;
            if (run >= 4)
                return true;
        }
        return false;
    }

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(3) == 0 ? random.Next(30) : 0];
        random.NextBytes(noise);
        return noise;
    }
}
