using System.Buffers;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Tests.Protocol;

public sealed class WireFormatTests
{
    [Fact]
    public void A_written_response_is_what_the_generated_parser_reads()
    {
        var buffer = new ArrayBufferWriter<byte>();
        byte[] payload = [1, 2, 3];
        WireWriter.AppendResponse(buffer, 300, Code.NotLeader, payload, "grüße", "cure", "127.0.0.1:1", ulong.MaxValue);
        WireWriter.AppendResponse(buffer, 0, Code.Ok, default, "", "", "", 0);
        Responses parsed = Responses.Parser.ParseFrom(buffer.WrittenSpan);
        Assert.Equal(2, parsed.Responses_.Count);
        Assert.Equal(
            new Response
            {
                Id = 300,
                Code = Code.NotLeader,
                Payload = ByteString.CopyFrom(payload),
                Message = "grüße",
                Cure = "cure",
                Leader = "127.0.0.1:1",
                Index = ulong.MaxValue,
            },
            parsed.Responses_[0]);
        Assert.Equal(new Response(), parsed.Responses_[1]);
    }

    [Fact]
    public void The_reader_sees_every_field_that_the_generated_writer_wrote()
    {
        byte[] bytes = new Request { Id = 1ul << 60, Write = ByteString.CopyFrom(new byte[300]) }.ToByteArray();
        var reader = new WireReader(bytes);
        Assert.True(reader.Read());
        Assert.Equal((1, 1ul << 60), (reader.Field, reader.Number));
        Assert.True(reader.Read());
        Assert.Equal((2, 300, true), (reader.Field, reader.Bytes.Length, reader.IsDelimited));
        Assert.False(reader.Read());
        Assert.False(reader.IsMalformed);
    }

    [Fact]
    public void Truncated_and_random_bytes_never_throw()
    {
        byte[] bytes = new Request { Id = 77, Write = ByteString.CopyFrom(new byte[40]) }.ToByteArray();
        for (int length = 0; length < bytes.Length; length++)
            Walk(bytes.AsSpan(0, length));
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = new byte[random.Next(64)];
            random.NextBytes(noise);
            Walk(noise);
        }

        static void Walk(ReadOnlySpan<byte> input)
        {
            var reader = new WireReader(input);
            int fields = 0;
            while (reader.Read())
                fields++;
            Assert.InRange(fields, 0, input.Length);
        }
    }
}
