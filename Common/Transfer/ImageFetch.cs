using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// Brings a state machine's file while it changes, piece by piece, from one source at a time. It is a state only once
/// the log has been applied to it from <see cref="ApplyFrom"/> up to <see cref="ApplyUntil"/> (trap 20).
/// </summary>
public sealed class ImageFetch : SingleFetch
{
    private readonly Guid _clusterId;
    private readonly long _lengthBytes;
    private readonly ImageStream _stream;
    private long _position;
    private long _offset;
    private bool _isOther;

    /// <summary>Prepares a fetch; the first question is sent by <see cref="SingleFetch.DoWork"/>.</summary>
    /// <param name="transport">Used by nobody else until the fetch has ended.</param>
    /// <param name="clock">For time-outs.</param>
    /// <param name="sources">Transfer addresses of replicas that keep such a file.</param>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="lengthBytes">Length of the file; not 0. A source with another one is not believed.</param>
    /// <param name="options">Limits; defaults when null.</param>
    public ImageFetch(
        ITransferClientTransport transport, IClock clock, IReadOnlyList<string> sources, Guid clusterId,
        long lengthBytes, StripedFetchOptions? options = null)
        : base(transport, clock, sources, options)
    {
        Check.That(lengthBytes > 0, "a file has a length");
        (_clusterId, _lengthBytes) = (clusterId, lengthBytes);
        _stream = new ImageStream(transport, 0, Options.Stream);
    }

    /// <summary>First index that must be applied: the smallest that a source named. 0 before.</summary>
    public LogIndex ApplyFrom { get; private set; }

    /// <summary>Index behind the last one that must be applied: the largest that a source named. 0 before.</summary>
    public LogIndex ApplyUntil { get; private set; }

    private protected override bool IsWhole => ApplyUntil > LogIndex.Zero && _position == _lengthBytes;

    // Any: which part of the log a source keeps does not matter for its file.
    private protected override LogIndex Wanted => new(1);

    private protected override TransferStreamState StreamState =>
        _isOther ? TransferStreamState.Untrue : _stream.State;

    private protected override string Reason =>
        _isOther ? $"Its file has {_stream.Length} bytes and not {_lengthBytes}." : _stream.Reason;

    private protected override TransferRefusal Refusal => _stream.Refusal;

    private protected override LogIndex FirstKept => LogIndex.Zero;

    private protected override long StreamWorkMicros => _stream.NextWorkMicros;

    private protected override void OpenStream(string address, long nowMicros)
    {
        _isOther = false;
        _stream.Open(address, _clusterId, _position, nowMicros);
    }

    private protected override bool TryAccept(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros,
        out ReadOnlySpan<byte> bytes)
    {
        bool isOurs = _stream.TryAccept(address, header, body, nowMicros, out _offset, out bytes);
        _isOther |= _stream.Length > 0 && _stream.Length != _lengthBytes;
        if (_isOther)
            bytes = default;
        else
            Note();
        return isOurs;
    }

    private protected override void Describe(FetchedRecords chunk) => chunk.Offset = _offset;

    private protected override void PollStream(long nowMicros) => _stream.Poll(nowMicros);

    private protected override void StreamEnded()
    {
        _stream.Close();
        _isOther = false;
    }

    private protected override void ReleaseChunk(long nowMicros) => _stream.Release(nowMicros);

    private protected override void CloseStream() => _stream.Close();

    private void Note()
    {
        _position = _stream.Position;
        if (_stream.ApplyFrom > LogIndex.Zero && (ApplyFrom == LogIndex.Zero || _stream.ApplyFrom < ApplyFrom))
            ApplyFrom = _stream.ApplyFrom;
        ApplyUntil = LogIndex.Max(ApplyUntil, _stream.ApplyUntil);
    }
}
