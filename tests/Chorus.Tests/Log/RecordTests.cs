using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

public sealed class RecordTests
{
    // Computed by a program of its own in another language from the description of the format.
    private const string Golden =
        "3d00000058c7a24901000000000000000700000000000000351bb35a96ffb32c40222018240a06000100000000000000"
        + "68656c6c6f2c2063686f7275733000000067e815a7020000000000000008000000000000009a0337c4c9f2218f412220"
        + "18240a06000300000000000000";

    [Fact]
    public void Records_have_the_bytes_that_the_format_says()
    {
        byte[] bytes = new byte[RecordHeader.SizeBytes + 13 + RecordHeader.SizeBytes];
        ulong chain = RecordCodec.Encode(
            bytes.AsSpan(0, 61), new LogIndex(1), new Term(7), 0, 1_700_000_000_123_456, RecordKind.Command,
            Encoding.ASCII.GetBytes("hello, chorus"));
        RecordCodec.Encode(
            bytes.AsSpan(61), new LogIndex(2), new Term(8), chain, 1_700_000_000_123_457, RecordKind.NoOp, []);
        Assert.Equal(Golden, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void The_checksum_is_crc32c() =>
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));

    [Fact]
    public void A_checksum_can_be_taken_in_pieces()
    {
        byte[] bytes = Bytes(3);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            uint front = Crc32C.Compute(bytes.AsSpan(0, cut));
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Compute(bytes.AsSpan(cut), front));
        }
    }

    [Fact]
    public void Sums_taken_of_two_records_at_once_are_those_of_each()
    {
        var random = new Random(11);
        for (int round = 0; round < 300; round++)
        {
            byte[][] records = new byte[5][];
            ulong chain = 0;
            for (int i = 0; i < records.Length; i++)
            {
                byte[] payload = new byte[random.Next(70)];
                random.NextBytes(payload);
                records[i] = new byte[RecordHeader.SizeBytes + payload.Length];
                chain = RecordCodec.Encode(
                    records[i], new LogIndex((ulong)i + 1), new Term(1), chain, i, RecordKind.Command, payload);
            }
            byte[] all = [.. records.SelectMany(record => record)];
            var sums = new RecordSums();
            ulong previous = 0;
            int at = 0;
            foreach (byte[] record in records)
            {
                if (random.Next(4) == 0)
                    sums.Forget();
                at += record.Length;
                sums.Compute(previous, record, all.AsSpan(at), out uint crc, out ulong found);
                Assert.Equal(Crc32C.Compute(record.AsSpan(8)), crc);
                Assert.Equal(RecordCodec.Header(record).Chain, found);
                previous = found;
            }
        }
    }

    [Fact]
    public void The_reader_finds_every_flipped_bit()
    {
        byte[] bytes = Bytes(3);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.NotNull(ErrorOf(bytes));
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
        Assert.Null(ErrorOf(bytes));
    }

    [Fact]
    public void The_reader_finds_every_cut()
    {
        byte[] bytes = Bytes(2);
        int first = (int)RecordCodec.Length(bytes);
        for (int cut = 1; cut < bytes.Length; cut++)
            Assert.Equal(cut == first, ErrorOf(bytes[..cut]) is null);
    }

    [Fact]
    public void The_reader_finds_records_in_another_order()
    {
        byte[] bytes = Bytes(3);
        int first = (int)RecordCodec.Length(bytes);
        Assert.NotNull(ErrorOf([.. bytes[first..], .. bytes[..first]]));
    }

    [Fact]
    public void Random_bytes_are_no_records()
    {
        var random = new Random(5);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            if (bytes.Length > 4 && i % 2 == 0)
                bytes.AsSpan(1, 3).Clear();
            Assert.NotNull(ErrorOf(bytes));
        }
    }

    [Fact]
    public void Logs_that_differ_once_have_different_chains_ever_after()
    {
        ulong a = 1, b = 2;
        byte[] record = new byte[RecordHeader.SizeBytes];
        for (ulong index = 1; index <= 10_000; index++)
        {
            a = RecordCodec.Encode(record, new LogIndex(index), new Term(1), a, 0, RecordKind.NoOp, []);
            b = RecordCodec.Encode(record, new LogIndex(index), new Term(1), b, 0, RecordKind.NoOp, []);
            Assert.NotEqual(a, b);
        }
    }

    [Fact]
    public void A_configuration_survives_its_encoding_and_bad_bytes_are_refused()
    {
        var configuration = new Configuration(
            [new Member(new NodeId("a"), 1, MemberKind.Voter, "host:1", "host:2", 7),
             new Member(new NodeId("b"), ulong.MaxValue, MemberKind.Learner, "", "")]);
        byte[] bytes = ConfigurationCodec.Encode(configuration);
        Assert.True(ConfigurationCodec.TryDecode(bytes, out Configuration? decoded, out _));
        Assert.Equal(configuration.Members, decoded.Members);
        for (int cut = 0; cut < bytes.Length; cut++)
            Assert.False(ConfigurationCodec.TryDecode(bytes.AsSpan(0, cut), out _, out _));
        Assert.False(ConfigurationCodec.TryDecode([.. bytes, 0], out _, out _));
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            ConfigurationCodec.TryDecode(damaged, out _, out _);
        }
    }

    private static byte[] Bytes(int records)
    {
        using var driver = new LogDriver(new MemoryStorage());
        for (int i = 0; i < records; i++)
            driver.Append(1, $"record {i} {new string('y', i * 9)}");
        return driver.Log.Read(new LogIndex(1), driver.Log.LastIndex.Next, out _).ToArray();
    }

    private static string? ErrorOf(byte[] bytes)
    {
        var reader = new RecordReader(bytes, new LogIndex(1), verify: true);
        while (reader.Read())
        {
        }
        return reader.Error;
    }
}
