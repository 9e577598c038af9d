using Chorus.Common.Replica;
using Chorus.Common.Transfer;

namespace Chorus.Tests.Transfer;

/// <summary>A receiver and sources in one thread: what is sent waits in queues until the other side looks.</summary>
internal sealed class TransferPair : ITransferClientTransport
{
    private readonly Dictionary<string, Source> _sources = [];
    private readonly Queue<(string Address, byte[] Header, byte[] Body)> _answers = [];
    private byte[] _header = [];
    private byte[] _body = [];

    /// <summary>Messages from sources that wait for the receiver.</summary>
    public int Waiting => _answers.Count;

    /// <summary>Whether sources can still send.</summary>
    public bool IsReading { get; set; } = true;

    public ITransferServerTransport Listen(string address) => _sources[address] = new Source(this, address);

    public void Kill(string address) => _sources.Remove(address);

    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (!_sources.TryGetValue(address, out Source? source))
            return false;
        source.Requests.Enqueue((header.ToArray(), body.ToArray()));
        return true;
    }

    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        bool any = _answers.TryDequeue(out (string Address, byte[] Header, byte[] Body) next);
        (address, _header, _body) = any ? next : ("", [], []);
        header = _header;
        body = _body;
        return any;
    }

    public void Disconnect(string address)
    {
    }

    private sealed class Source(TransferPair pair, string address) : ITransferServerTransport
    {
        private readonly ClientConnection _receiver = new([1], delimited: false);
        private byte[] _header = [];
        private byte[] _body = [];

        public Queue<(byte[] Header, byte[] Body)> Requests { get; } = [];

        public bool TryReceive(
            out ClientConnection connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
        {
            connection = _receiver;
            bool any = Requests.TryDequeue(out (byte[] Header, byte[] Body) next);
            (_header, _body) = any ? next : ([], []);
            header = _header;
            body = _body;
            return any;
        }

        public bool TrySend(ClientConnection connection, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
        {
            if (!pair.IsReading)
                return false;
            pair._answers.Enqueue((address, header.ToArray(), body.ToArray()));
            return true;
        }
    }
}
