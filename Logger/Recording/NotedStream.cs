using Serilog.Sinks.File;

namespace Chorus.Logger.Recording;

/// <summary>
/// Stands between Serilog and its file: counts lines, gathers them into large writes, and remembers a failure, which
/// Serilog would swallow.
/// </summary>
internal sealed class NotedStream : FileLifecycleHooks
{
    private const int BufferBytes = 256 << 10;

    private Gathering? _current;

    /// <summary>Lines taken since the start.</summary>
    public long Lines { get; private set; }

    /// <summary>The last failure; null when there was none.</summary>
    public IOException? Failure { get; private set; }

    /// <inheritdoc/>
    public override Stream OnFileOpened(string path, Stream underlyingStream, System.Text.Encoding encoding) =>
        _current = new Gathering(this, underlyingStream);

    /// <summary>Hands what was gathered to the system.</summary>
    public void Write() => _current?.WriteOut();

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException error)
        {
            Failure = error;
        }
    }

    private sealed class Gathering(NotedStream owner, Stream file) : Stream
    {
        private readonly byte[] _buffer = new byte[BufferBytes];
        private int _used;

        public override bool CanRead => false;

        public override bool CanSeek => file.CanSeek;

        public override bool CanWrite => true;

        public override long Length => file.Length + _used;

        public override long Position
        {
            get => file.Position + _used;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            owner.Lines += buffer.Count((byte)'\n');
            while (buffer.Length > 0)
            {
                if (_used == _buffer.Length)
                    WriteOut();
                int count = Math.Min(buffer.Length, _buffer.Length - _used);
                buffer[..count].CopyTo(_buffer.AsSpan(_used));
                _used += count;
                buffer = buffer[count..];
            }
        }

        // Serilog flushes behind every line.
        public override void Flush()
        {
        }

        public void WriteOut()
        {
            owner.Try(() =>
            {
                file.Write(_buffer, 0, _used);
                file.Flush();
            });
            _used = 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void SetLength(long value) => file.SetLength(value);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                WriteOut();
                owner.Try(file.Dispose);
            }
            base.Dispose(disposing);
        }
    }
}
