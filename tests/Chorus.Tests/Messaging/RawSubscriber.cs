using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Chorus.Common.Messaging;

namespace Chorus.Tests.Messaging;

/// <summary>A subscriber that speaks ZMTP 3.0 by hand, so that it can send what libzmq never would.</summary>
internal sealed class RawSubscriber : IDisposable
{
    private const byte More = 1;
    private const byte Long = 2;
    private const byte Command = 4;

    private readonly TcpClient _tcp = new();
    private readonly NetworkStream _stream;

    public RawSubscriber(Endpoint publisher, int receiveBufferBytes = 1 << 16)
    {
        _tcp.ReceiveBufferSize = receiveBufferBytes;
        _tcp.Connect(publisher.Host, publisher.Port);
        _stream = _tcp.GetStream();
        _stream.ReadTimeout = _stream.WriteTimeout = 10_000;
        byte[] greeting = new byte[64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        _stream.Write(greeting);
        _stream.ReadExactly(new byte[64]);
        Send(Command, [5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8]);
        ReadFrame();
    }

    /// <summary>Whether the publisher has closed the connection, after what it had sent is read.</summary>
    public bool IsClosedByPublisher
    {
        get
        {
            byte[] buffer = new byte[1 << 16];
            try
            {
                while (_stream.Read(buffer) > 0)
                {
                }
                return true;
            }
            catch (IOException error)
            {
                return error.InnerException is SocketException { SocketErrorCode: not SocketError.TimedOut };
            }
        }
    }

    public static bool TryConnect(Endpoint publisher, out RawSubscriber? subscriber)
    {
        try
        {
            subscriber = new RawSubscriber(publisher);
            return true;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            subscriber = null;
            return false;
        }
    }

    /// <summary>Subscribes, as long as the connection lasts.</summary>
    public void TrySubscribe(IEnumerable<string> topics)
    {
        try
        {
            foreach (string topic in topics)
                Subscribe(topic);
        }
        catch (IOException)
        {
            // Closed by the publisher; the test looks at that side.
        }
    }

    public void Subscribe(string topic) => Send(0, [1, .. Encoding.UTF8.GetBytes(topic)]);

    public void Unsubscribe(string topic) => Send(0, [0, .. Encoding.UTF8.GetBytes(topic)]);

    /// <summary>Sends frames of one message, as they stand.</summary>
    public void SendMessage(params byte[][] frames)
    {
        for (int i = 0; i < frames.Length; i++)
            Send(i < frames.Length - 1 ? More : (byte)0, frames[i]);
    }

    public void Dispose() => _tcp.Dispose();

    private void Send(byte flags, ReadOnlySpan<byte> body)
    {
        byte[] frame = new byte[9 + body.Length];
        frame[0] = (byte)(flags | Long);
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(1), (ulong)body.Length);
        body.CopyTo(frame.AsSpan(9));
        _stream.Write(frame);
    }

    private void ReadFrame()
    {
        int flags = _stream.ReadByte();
        Assert.Equal(Command, flags);
        _stream.ReadExactly(new byte[_stream.ReadByte()]);
    }
}
