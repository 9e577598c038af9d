using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

/// <summary>A source, a receiver, and nothing between them but queues.</summary>
public abstract class TransferFixture : IDisposable
{
    private protected const string Here = "a:1";
    private protected const long Second = 1_000_000;
    private protected const ulong ForEver = ulong.MaxValue;

    private protected static readonly TransferStreamOptions Small = new() { ChunkBytes = 1000, WindowChunks = 4 };

    private protected readonly TransferPair _pair = new();
    private protected readonly TestSource _source;
    private protected readonly LogStream _stream;
    private protected readonly List<byte> _got = [];

    private protected TransferFixture()
    {
        _source = new TestSource(_pair.Listen(Here));
        _stream = new LogStream(_pair, 0, Small);
    }

    public void Dispose()
    {
        _source.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected long Now => _source.MonotonicMicros;

    private protected ulong SecondSegment()
    {
        Assert.True(_source.View.Extent!.Segments.Count > 2);
        return _source.View.Extent.Segments[1].First;
    }

    private protected int Records()
    {
        var reader = new RecordReader([.. _got], new LogIndex(1), verify: true);
        int count = 0;
        while (reader.Read())
            count++;
        Assert.Null(reader.Error);
        return count;
    }

    private protected (TransferHeader Answer, string Text) Ask(in TransferHeader asked)
    {
        byte[] frame = new byte[TransferHeader.SizeBytes];
        asked.Encode(frame);
        _pair.TrySend(Here, frame, default);
        _source.Server.DoWork();
        Assert.True(_pair.TryReceive(out _, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body));
        Assert.True(TransferHeader.TryDecode(header, out TransferHeader answer));
        return (answer, System.Text.Encoding.UTF8.GetString(body));
    }

    private protected void Pump(params LogStream[] streams) => Pump(int.MaxValue, streams);

    // Until nobody has anything to say, or so many chunks have been given back.
    private protected void Pump(int release, params LogStream[] streams)
    {
        if (streams.Length == 0)
            streams = [_stream];
        bool any = true;
        while (any)
        {
            _source.Server.DoWork();
            any = false;
            while (_pair.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            {
                any = true;
                foreach (LogStream stream in streams)
                {
                    if (!stream.TryAccept(address, header, body, Now, out ReadOnlySpan<byte> records))
                        continue;
                    if (stream == streams[0])
                        _got.AddRange(records);
                    if (records.Length > 0 && release-- > 0)
                        stream.Release(Now);
                }
            }
            foreach (LogStream stream in streams)
                stream.Poll(Now);
        }
    }
}
