using System.Runtime.InteropServices;

namespace Chorus.Common.Messaging;

/// <summary>
/// One received frame, in libzmq's own memory: nothing is copied. Made once and received into again and
/// again; each receive releases what was there before. Used by one thread at a time.
/// </summary>
public sealed unsafe class ZmqMessage : IDisposable
{
    // sizeof(zmq_msg_t), and its alignment.
    private const nuint NativeSize = 64;
    private const nuint NativeAlignment = 64;

    private void* _native;

    /// <summary>Makes an empty frame.</summary>
    public ZmqMessage()
    {
        _native = NativeMemory.AlignedAlloc(NativeSize, NativeAlignment);
        _ = Libzmq.MessageInit(_native);
    }

    /// <summary>Releases the frame.</summary>
    ~ZmqMessage() => Release();

    /// <summary>The bytes; valid until the next receive into this object or its disposal.</summary>
    public ReadOnlySpan<byte> Span => new(Libzmq.MessageData(Native), Length);

    /// <summary>Number of bytes.</summary>
    public int Length => checked((int)Libzmq.MessageSize(Native));

    /// <summary>Whether another frame of the same message follows.</summary>
    public bool More => Libzmq.MessageMore(Native) != 0;

    internal void* Native => _native != null ? _native : throw new ObjectDisposedException(nameof(ZmqMessage));

    /// <summary>Lets go of the bytes before the next receive.</summary>
    public void Clear()
    {
        _ = Libzmq.MessageClose(Native);
        _ = Libzmq.MessageInit(_native);
    }

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_native == null)
            return;
        _ = Libzmq.MessageClose(_native);
        NativeMemory.AlignedFree(_native);
        _native = null;
    }
}
