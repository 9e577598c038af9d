using System.Buffers;
using Chorus.Common.Protocol;

namespace Chorus.Common.Replica;

/// <summary>Gathers answers and sends them: one frame for each connection and round of the loop.</summary>
/// <param name="transport">The client socket.</param>
internal sealed class Responder(IClientTransport transport)
{
    // A frame that grows beyond this is sent at once, so that no answer waits for megabytes of others.
    private const int FrameBytes = 256 << 10;

    // A REQ peer gets all its answers in one frame, which must stay far below what a buffer can hold.
    private const int GatheredBytesMax = 16 << 20;

    private readonly List<ClientConnection> _dirty = [];
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Requests taken and not answered, over all connections.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Counts a request that will be answered.</summary>
    public void Take(ClientConnection connection)
    {
        connection.Outstanding++;
        Outstanding++;
    }

    /// <summary>Answers a request that was counted by <see cref="Take"/>.</summary>
    public void Reply(in ReplyTarget target, Code code, ReadOnlySpan<byte> payload, ulong index) =>
        Reply(target, code, payload, "", "", "", index);

    /// <summary>Answers a request with a failure.</summary>
    public void Fail(in ReplyTarget target, Code code, string message, string cure = "", string leader = "") =>
        Reply(target, code, default, message, cure, leader, 0);

    /// <summary>Sends what has been gathered.</summary>
    public void Flush()
    {
        foreach (ClientConnection connection in _dirty)
            Send(connection);
        _dirty.Clear();
    }

    private void Reply(
        in ReplyTarget target, Code code, ReadOnlySpan<byte> payload, string message, string cure, string leader,
        ulong index)
    {
        ClientConnection connection = target.Connection;
        connection.Outstanding--;
        Outstanding--;
        if (target.Text is TextCommandKind kind)
        {
            _text.ResetWrittenCount();
            TextCommand.Render(_text, kind, code, payload, message, cure, leader);
            transport.Send(connection, _text.WrittenSpan);
            return;
        }
        ArrayBufferWriter<byte> output = connection.Output;
        if (connection.Delimited && payload.Length > 0 && output.WrittenCount > GatheredBytesMax)
        {
            code = Code.TooLarge;
            payload = default;
            message = "the answers to the requests of one frame are too large together";
            cure = "Ask for less in one frame, or use a DEALER socket";
        }
        // A REQ connection that kept its answers back (see Send) may be listed already: twice does no harm.
        if (output.WrittenCount == 0 || connection.Delimited)
            _dirty.Add(connection);
        WireWriter.AppendResponse(output, target.RequestId, code, payload, message, cure, leader, index);
        if (output.WrittenCount >= FrameBytes)
        {
            Send(connection);
            if (!connection.Delimited)
                _dirty.Remove(connection);
        }
    }

    private void Send(ClientConnection connection)
    {
        // A REQ peer has one frame under way and reads one frame as its answer: wait until all of it is answered.
        if ((connection.Delimited && connection.Outstanding > 0) || connection.Output.WrittenCount == 0)
            return;
        transport.Send(connection, connection.Output.WrittenSpan);
        connection.Output.ResetWrittenCount();
    }
}
