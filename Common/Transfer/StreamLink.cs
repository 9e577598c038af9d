using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// What the receivers of all contents have in common: asking, credit, silence, and which messages belong to the stream.
/// Messages that cannot be sent now are sent later; a connection that breaks ends in silence.
/// </summary>
internal sealed class StreamLink
{
    private const int ReasonBytesMax = 1024;
    private const int SmallChunkBytes = 16 << 10;
    private const int QuarteringsMax = 2;

    private readonly ITransferClientTransport _transport;
    private readonly TransferStreamOptions _options;
    private readonly byte[] _frame = new byte[TransferHeader.SizeBytes];
    private TransferHeader _request;
    // A chunk counts when all of it is there. What a slow line does not bring in time may come in smaller ones.
    private int _quarterings;
    private bool _isAsked;
    private int _mayStillCome;
    private int _withCaller;
    private int _toGive;
    private long _heardMicros;
    private long _saidMicros;
    private long _retryMicros;

    public StreamLink(ITransferClientTransport transport, uint lane, TransferStreamOptions options)
    {
        options.Validate();
        _transport = transport;
        _options = options;
        Id = (ulong)lane << 32;
    }

    public TransferStreamState State { get; private set; }

    public string Address { get; private set; } = "";

    public ulong Id { get; private set; }

    public Guid ClusterId { get; private set; }

    public LogIndex Limit { get; private set; }

    public TransferRefusal Refusal { get; private set; }

    public LogIndex FirstKept { get; private set; }

    public LogIndex SnapshotIndex { get; private set; }

    public string Reason { get; private set; } = "";

    /// <summary>When <see cref="Poll"/> has something to do at the latest.</summary>
    public long NextWorkMicros
    {
        get
        {
            if (State != TransferStreamState.Open)
                return long.MaxValue;
            long silent = _mayStillCome > 0 ? _heardMicros + _options.SilenceMicros : long.MaxValue;
            long say = MustSay ? _retryMicros : Math.Max(_retryMicros, _saidMicros + _options.KeepAliveMicros);
            return Math.Min(silent, say);
        }
    }

    private int ChunkBytes => Math.Max(
        Math.Min(SmallChunkBytes, _options.ChunkBytes), _options.ChunkBytes >> (2 * _quarterings));

    // Each chunk at once: a source with limits of its own may be waiting for this very one.
    private bool MustSay => !_isAsked || _toGive > 0;

    public void Open(string address, in TransferHeader request, long nowMicros)
    {
        Close();
        Id++;
        Address = address;
        ClusterId = request.ClusterId;
        Limit = FirstKept = SnapshotIndex = LogIndex.Zero;
        Refusal = TransferRefusal.None;
        Reason = "";
        State = TransferStreamState.Open;
        _request = request with
        {
            Type = TransferMessageType.Open,
            Stream = Id,
            Count = (uint)ChunkBytes,
            Credit = (uint)_options.WindowChunks,
        };
        _isAsked = false;
        _mayStillCome = _options.WindowChunks;
        _withCaller = _toGive = 0;
        _heardMicros = _saidMicros = _retryMicros = nowMicros;
        Poll(nowMicros);
    }

    public void Close()
    {
        if (State == TransferStreamState.Open && _isAsked)
            Say(TransferMessageType.Close, 0);
        State = TransferStreamState.Idle;
    }

    /// <summary>Takes a message, if it belongs to this stream.</summary>
    /// <param name="address">Its source.</param>
    /// <param name="header">First frame.</param>
    /// <param name="body">Second frame.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="message">
    /// What is left to the caller: a chunk or an end. Otherwise of type 0: the message is dealt with.
    /// </param>
    public bool TryTake(
        string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, long nowMicros, out TransferHeader message)
    {
        message = default;
        if (State != TransferStreamState.Open || address != Address)
            return false;
        if (!TransferHeader.TryDecode(header, out TransferHeader decoded))
        {
            Distrust(TransferHeader.Objection(header));
            return true;
        }
        if (decoded.Stream != Id || decoded.Type is < TransferMessageType.Chunk or > TransferMessageType.Refused)
            return false;
        _heardMicros = nowMicros;
        if (decoded.Type == TransferMessageType.Refused)
            TakeRefusal(decoded, body);
        else if (Untruth(decoded) is { } what)
            Distrust(what);
        else
            message = decoded;
        return true;
    }

    /// <summary>A chunk was verified and is with the caller now.</summary>
    public void Accept(in TransferHeader chunk)
    {
        ClusterId = chunk.ClusterId;
        Limit = LogIndex.Max(Limit, chunk.Limit);
        if (chunk.Count == 0)
            return;
        _mayStillCome--;
        _withCaller++;
    }

    public void Complete(in TransferHeader end)
    {
        Accept(end with { Count = 0 });
        State = TransferStreamState.Complete;
        _quarterings = Math.Max(0, _quarterings - 1);
    }

    public void Release(int chunks, long nowMicros)
    {
        if (State != TransferStreamState.Open)
            return;
        Check.That(chunks >= 0 && chunks <= _withCaller, "only chunks that were handed out are given back");
        _withCaller -= chunks;
        _toGive += chunks;
        Poll(nowMicros);
    }

    /// <summary>The source lies, or is broken.</summary>
    public void Distrust(string what)
    {
        Close();
        State = TransferStreamState.Untrue;
        Reason = $"The transfer from {Address} cannot be trusted: {what}.";
    }

    public void Poll(long nowMicros)
    {
        if (State != TransferStreamState.Open)
            return;
        if (_mayStillCome > 0 && nowMicros - _heardMicros >= _options.SilenceMicros)
        {
            Close();
            State = TransferStreamState.Silent;
            if (_isAsked)
                _quarterings = Math.Min(_quarterings + 1, QuarteringsMax);
            string missed = _isAsked ? "send" : "take a request";
            Reason = $"{Address} did not {missed} for {_options.SilenceMicros / 1000} ms.";
            return;
        }
        if (nowMicros < _retryMicros || !(MustSay || nowMicros - _saidMicros >= _options.KeepAliveMicros))
            return;
        if (_isAsked ? TryGive(nowMicros) : TryAsk())
            _saidMicros = nowMicros;
        else
            _retryMicros = nowMicros + _options.RetryMicros;
    }

    private bool TryAsk()
    {
        _request.Encode(_frame);
        _isAsked = _transport.TrySend(Address, _frame, default);
        return _isAsked;
    }

    private bool TryGive(long nowMicros)
    {
        if (!Say(TransferMessageType.Credit, (uint)_toGive))
            return false;
        if (_mayStillCome == 0)
            _heardMicros = nowMicros;
        _mayStillCome += _toGive;
        _toGive = 0;
        return true;
    }

    private bool Say(TransferMessageType type, uint credit)
    {
        new TransferHeader { Type = type, Stream = Id, ClusterId = ClusterId, Credit = credit }.Encode(_frame);
        return _transport.TrySend(Address, _frame, default);
    }

    private string? Untruth(in TransferHeader message)
    {
        if (ClusterId != Guid.Empty && message.ClusterId != ClusterId)
            return $"it sends the log of cluster {message.ClusterId} instead of {ClusterId}";
        if (message.Content != _request.Content)
            return $"it sends content {(byte)message.Content} instead of {_request.Content}";
        if (message.Type == TransferMessageType.Chunk && message.Count > 0 && _mayStillCome == 0)
            return "it sends more than it was asked for";
        return null;
    }

    private void TakeRefusal(in TransferHeader refused, ReadOnlySpan<byte> body)
    {
        State = TransferStreamState.Refused;
        Refusal = Enum.IsDefined(refused.Refusal) && refused.Refusal != TransferRefusal.None
            ? refused.Refusal
            : TransferRefusal.NotServed;
        FirstKept = refused.First;
        SnapshotIndex = refused.Until;
        Limit = refused.Limit;
        string text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, ReasonBytesMax)]);
        Reason = new string([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
    }
}
