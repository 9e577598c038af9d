using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Tests.Client;

public sealed class RequestFrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(20_000)]
    [InlineData(3_000_000)]
    public void Requests_are_written_as_Google_Protobuf_reads_them(int length)
    {
        byte[] body = new byte[length];
        Random.Shared.NextBytes(body);
        RequestFrame frame = new();
        frame.Add(1, (int)OperationKind.Write, body);
        frame.Add(ulong.MaxValue, (int)OperationKind.Read, body);
        frame.Add(1 << 20, (int)OperationKind.Status, default);
        frame.Add(5, (int)OperationKind.RemoveMember, new RemoveMember { Id = "n" }.ToByteArray());
        frame.Add(6, (int)OperationKind.Read, body, reads: ReadMode.Stale);
        Requests expected = new();
        expected.Requests_.Add(new Request { Id = 1, Write = ByteString.CopyFrom(body) });
        expected.Requests_.Add(new Request { Id = ulong.MaxValue, Read = ByteString.CopyFrom(body) });
        expected.Requests_.Add(new Request { Id = 1 << 20, Status = new StatusRequest() });
        expected.Requests_.Add(new Request { Id = 5, RemoveMember = new RemoveMember { Id = "n" } });
        expected.Requests_.Add(
            new Request { Id = 6, Read = ByteString.CopyFrom(body), Reads = ReadMode.Stale });
        Assert.Equal(expected.ToByteArray(), frame.Bytes.ToArray());
    }

    [Fact]
    public void A_frame_is_full_by_bytes_or_by_number_but_takes_one_request_of_any_size()
    {
        RequestFrame frame = new();
        Assert.True(frame.HasRoom(8 << 20));
        frame.Add(1, 2, new byte[1 << 20]);
        Assert.False(frame.HasRoom(0));
        frame.Clear();
        for (int i = 0; i < RequestFrame.RequestsMax; i++)
        {
            Assert.True(frame.HasRoom(0));
            frame.Add((ulong)i, 2, default);
        }

        Assert.False(frame.HasRoom(0));
    }

    [Fact]
    public void Responses_are_read_as_Google_Protobuf_writes_them()
    {
        Response response = new()
        {
            Id = 77,
            Code = Code.NotLeader,
            Payload = ByteString.CopyFromUtf8("value"),
            Message = "not the leader",
            Cure = "Ask n2",
            Leader = "127.0.0.1:11001",
            Index = 12,
        };
        Assert.True(ResponseView.TryRead(response.ToByteArray(), out ResponseView view));
        ClientResult result = view.ToResult();
        Assert.Equal((77ul, response.Leader), (view.Id, view.Leader));
        Assert.Equal(
            (response.Code, response.Message, response.Cure, response.Index),
            (result.Code, result.Message, result.Cure, result.Index));
        Assert.Equal(response.Payload.ToByteArray(), result.Payload.ToArray());
    }

    [Fact]
    public void Bytes_that_are_no_response_and_codes_of_the_future_do_no_harm()
    {
        Assert.False(ResponseView.TryRead([0xff, 0xff], out _));
        Assert.True(ResponseView.TryRead([0x10, 0x63], out ResponseView view));
        Assert.Equal(Code.Internal, view.Code);
    }
}
