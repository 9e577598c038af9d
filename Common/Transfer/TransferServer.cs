using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Transfer;

/// <summary>
/// Serves what one node has: streams of its log, compacted or whole, and of its state machine's file, as fast as
/// receivers give credit, one chunk of each stream in turn. Single-threaded; nothing waits, and no round takes long.
/// </summary>
/// <remarks>
/// <code>
/// while (running) { server.DoWork(); wait for the socket, not longer than until server.NextWorkMicros }
/// </code>
/// Reads only files of the log that no longer change, so it holds nobody up and may be run on any thread. Whatever
/// arrives, it goes on: what makes no sense is refused or counted.
/// </remarks>
public sealed class TransferServer : IDisposable
{
    private const int LinesMax = 16;
    private const int StepCostBytes = 256;
    private const ulong NothingPinned = ulong.MaxValue;

    private readonly TransferSource _source;
    private readonly ITransferServerTransport _transport;
    private readonly IClock _clock;
    private readonly TransferServerOptions _options;
    private readonly ILogger _logger;
    private readonly LogReader _reader;
    private readonly Admission _admission;
    private readonly SourceDesk _desk;
    private readonly List<ServedStream> _streams = [];
    private readonly byte[] _frame = new byte[TransferHeader.SizeBytes];
    private ulong _lowestPinned = NothingPinned;
    private int _replacements;
    private int _turn;
    private int _damagesTold;
    private int _refusalsTold;

    /// <summary>Makes a service without streams.</summary>
    /// <param name="source">What it serves.</param>
    /// <param name="transport">Its socket.</param>
    /// <param name="clock">Time.</param>
    /// <param name="options">Limits; defaults when null.</param>
    /// <param name="logger">Hears of damage and of refusals, a few times each; nobody when null.</param>
    public TransferServer(
        TransferSource source, ITransferServerTransport transport, IClock clock, TransferServerOptions? options = null,
        ILogger? logger = null)
    {
        _source = source;
        _transport = transport;
        _clock = clock;
        _options = options ?? new TransferServerOptions();
        _options.Validate();
        _logger = logger ?? NullLogger.Instance;
        _reader = new LogReader(source.Storage);
        _admission = new Admission(source, _reader, _options);
        _desk = new SourceDesk(source);
    }

    /// <summary>Monotonic time at which <see cref="DoWork"/> is due although nothing arrived.</summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>
    /// First index that a running stream still needs; the largest number when none needs any. Read by the log's owner,
    /// on any thread, before it gives up a part of the log.
    /// </summary>
    public LogIndex LowestPinned => new(Volatile.Read(ref _lowestPinned));

    /// <summary>Streams that are being served.</summary>
    public int StreamCount => _streams.Count;

    /// <summary>Bytes of all chunks sent since the start.</summary>
    public long SentBytesTotal { get; private set; }

    /// <summary>Streams refused, at the beginning or later, since the start.</summary>
    public long RefusedTotal { get; private set; }

    /// <summary>Messages that were none, since the start.</summary>
    public long GarbageTotal { get; private set; }

    /// <summary>One round: takes messages, gives every stream its turns, and looks after silent ones.</summary>
    public void DoWork()
    {
        long now = _clock.MonotonicMicros;
        bool isBusy = TakeMessages(now);
        LogExtent? extent = Newest();
        isBusy |= extent is not null && ServeRound(extent, now);
        LookAfter(now);
        _streams.RemoveAll(static stream => stream.IsClosed);
        ulong lowest = NothingPinned;
        long next = isBusy ? now : long.MaxValue;
        foreach (ServedStream stream in _streams)
        {
            lowest = Math.Min(lowest, stream.Serving.Pinned.Value);
            next = Math.Min(next, stream.HeardMicros + _options.ReceiverSilenceMicros);
            next = Math.Min(next, stream.SaidMicros + _options.SignOfLifeMicros);
            if (stream.Exhausted is not null && stream.Credit > 0)
                next = Math.Min(next, now + _options.FollowMicros);
        }
        Volatile.Write(ref _lowestPinned, lowest);
        NextWorkMicros = next;
    }

    /// <summary>Closes the files. Receivers notice the silence.</summary>
    public void Dispose()
    {
        foreach (ServedStream stream in _streams)
            stream.Close();
        _reader.Dispose();
    }

    /// <summary>What may be read. In this order: files that it shows are never read as they were before a repair.
    /// </summary>
    private LogExtent? Newest()
    {
        LogExtent? extent = _source.View.Extent;
        if (_replacements != _source.View.Replacements)
        {
            _replacements = _source.View.Replacements;
            _reader.Dispose();
        }
        return extent;
    }

    private bool TakeMessages(long now)
    {
        int taken = 0;
        while (taken < _options.RoundMessagesMax
            && _transport.TryReceive(
                out ClientConnection connection, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
        {
            taken++;
            if (TransferHeader.TryDecode(header, out TransferHeader message))
                Take(connection, message, body, now);
            else
                TakeGarbage(connection, header);
        }
        return taken == _options.RoundMessagesMax;
    }

    private void Take(ClientConnection connection, in TransferHeader message, ReadOnlySpan<byte> body, long now)
    {
        switch (message.Type)
        {
            case TransferMessageType.Open:
                Open(connection, message, now);
                break;
            case TransferMessageType.Credit:
                Find(connection, message.Stream)?.Give(message.Credit, now);
                break;
            case TransferMessageType.Close:
                Find(connection, message.Stream)?.Close();
                break;
            case TransferMessageType.Describe:
                Describe(connection, message);
                break;
            case TransferMessageType.Report:
                if (!_desk.TryTakeReport(message, body, now))
                    GarbageTotal++;
                break;
            default:
                GarbageTotal++;
                break;
        }
    }

    // A header of another version has its stream at the same place, so its receiver can be told.
    private void TakeGarbage(ClientConnection connection, ReadOnlySpan<byte> bytes)
    {
        GarbageTotal++;
        if (bytes.Length != TransferHeader.SizeBytes || bytes[0] == TransferHeader.Version)
            return;
        bytes.CopyTo(_frame);
        _frame[0] = TransferHeader.Version;
        _frame[1] = (byte)TransferMessageType.Open;
        if (TransferHeader.TryDecode(_frame, out TransferHeader open))
        {
            Refuse(connection, open, Refusal.OtherVersion(_source.Id, bytes[0]));
        }
    }

    private void Open(ClientConnection connection, in TransferHeader open, long now)
    {
        // Every stream has a number of its own: this is the same request a second time.
        if (Find(connection, open.Stream) is not null)
            return;
        LogExtent? extent = Newest();
        Refusal? refusal = Crowd(connection);
        Serving? serving = null;
        try
        {
            if (refusal is null)
                serving = _admission.Admit(open, extent, out refusal);
        }
        catch (Exception error) when (error is LogCorruptionException or NodeDirectoryException or IOException)
        {
            refusal = Damage(open.First, extent!, error);
        }
        if (serving is null)
        {
            Refuse(connection, open with { ClusterId = extent?.ClusterId ?? Guid.Empty }, refusal!);
            return;
        }
        connection.Outstanding++;
        _streams.Add(new ServedStream(connection, open, extent!.ClusterId, serving, now));
    }

    private Refusal? Crowd(ClientConnection connection)
    {
        int open = _streams.Count(stream => !stream.IsClosed);
        if (open >= _options.StreamsMax)
        {
            return Refusal.Overloaded(
                $"{_source.Id} serves {open} streams already, as many as it may",
                "Ask again later, or another source");
        }
        return connection.Outstanding >= _options.StreamsPerConnectionMax
            ? Refusal.Overloaded(
                $"This receiver has {connection.Outstanding} streams open already, as many as one may have",
                "Close one before opening another")
            : null;
    }

    private void Describe(ClientConnection connection, in TransferHeader asked)
    {
        LogExtent? extent = _source.View.Extent;
        if (extent is null)
        {
            // Asked again and again by whoever waits for it: nothing to tell anybody here.
            Refuse(connection, asked, Refusal.Empty(_source.Id), isTold: false);
            return;
        }
        if (asked.ClusterId != Guid.Empty && asked.ClusterId != extent.ClusterId)
        {
            Refuse(connection, asked, Refusal.WrongCluster(_source.Id, extent.ClusterId, asked.ClusterId));
            return;
        }
        Send(connection, new TransferHeader
        {
            Type = TransferMessageType.Description,
            ClusterId = extent.ClusterId,
            Stream = asked.Stream,
            First = extent.First,
            Limit = extent.Limit.Index,
        }, _desk.Describe(extent));
    }

    // One step of each stream in turn, until nobody has anything to do or the round is long enough.
    private bool ServeRound(LogExtent extent, long now)
    {
        long bytes = 0;
        bool any = true;
        while (any && bytes < _options.RoundBytesMax)
        {
            any = false;
            for (int i = 0; i < _streams.Count && bytes < _options.RoundBytesMax; i++)
            {
                _turn = (_turn + 1) % _streams.Count;
                ServedStream stream = _streams[_turn];
                if (!IsDue(stream, extent))
                    continue;
                Step(stream, extent, now);
                bytes += stream.Serving.StepBytes + StepCostBytes;
                any = true;
            }
        }
        return any;
    }

    private bool IsDue(ServedStream stream, LogExtent extent) =>
        !stream.IsClosed
        && (stream.Exhausted != extent || stream.Serving.HasNews)
        && (stream.Serving.IsComplete
            || (stream.Credit > 0
                && stream.AheadBytes < _options.AheadBytesMax
                && AheadOf(stream.Connection) < _options.AheadChunksMax));

    private int AheadOf(ClientConnection connection)
    {
        int chunks = 0;
        foreach (ServedStream stream in _streams)
            chunks += stream.Connection == connection ? stream.AheadChunks : 0;
        return chunks;
    }

    private void Step(ServedStream stream, LogExtent extent, long now)
    {
        TransferHeader header = stream.Header with { Limit = extent.Limit.Index };
        ServingStep step;
        ReadOnlySpan<byte> body = default;
        try
        {
            step = stream.Serving.Step(extent, HeldBytesMax(stream), ref header, out body);
        }
        catch (Exception error) when (error is LogCorruptionException or NodeDirectoryException or IOException)
        {
            Refuse(stream.Connection, stream.Header, Damage(stream.Serving.Position, extent, error));
            stream.Close();
            return;
        }
        stream.Exhausted = step == ServingStep.Waiting ? extent : null;
        switch (step)
        {
            case ServingStep.Chunk:
                stream.Sent(body.Length);
                stream.SaidMicros = now;
                SentBytesTotal += body.Length;
                Send(stream.Connection, header, body);
                break;
            case ServingStep.End:
                Send(stream.Connection, header with { Type = TransferMessageType.End, First = header.Until }, default);
                stream.Close();
                break;
            case ServingStep.Refused:
                Refuse(stream.Connection, stream.Header, stream.Serving.Refusal!);
                stream.Close();
                break;
        }
    }

    private long HeldBytesMax(ServedStream stream)
    {
        long others = 0;
        foreach (ServedStream other in _streams)
            others += other == stream ? 0 : other.Serving.HeldBytes;
        return _options.CompactBytesMax - others;
    }

    private void LookAfter(long now)
    {
        foreach (ServedStream stream in _streams)
        {
            if (stream.IsClosed)
                continue;
            if (now - stream.HeardMicros >= _options.ReceiverSilenceMicros)
            {
                Refuse(stream.Connection, stream.Header, Refusal.Overloaded(
                    $"The receiver said nothing for {_options.ReceiverSilenceMicros / 1_000_000} seconds",
                    "Open the stream again where it was, and give credit from time to time"));
                stream.Close();
            }
            else if (now - stream.SaidMicros >= _options.SignOfLifeMicros)
            {
                // Also to one without credit: the transport tells when its receiver is gone.
                stream.SaidMicros = now;
                LogIndex at = stream.Serving.Position;
                LogIndex limit = _source.View.Extent!.Limit.Index;
                Send(stream.Connection, stream.Header with { First = at, Until = at, Limit = limit }, default);
            }
        }
    }

    private Refusal Damage(LogIndex at, LogExtent extent, Exception error)
    {
        if (_damagesTold++ < LinesMax)
            _logger.Damaged(_source.Id, error.Message);
        return Refusal.Damaged(_source.Id, at, extent);
    }

    private void Refuse(ClientConnection connection, in TransferHeader stream, Refusal refusal, bool isTold = true)
    {
        RefusedTotal++;
        if (isTold && _refusalsTold++ < LinesMax)
            _logger.Refused(_source.Id, refusal.Text);
        Send(connection, new TransferHeader
        {
            Type = TransferMessageType.Refused,
            Content = stream.Content,
            Refusal = refusal.Code,
            ClusterId = stream.ClusterId,
            Stream = stream.Stream,
            First = refusal.First,
            Until = refusal.Snapshot,
            Limit = refusal.Limit,
        }, Encoding.UTF8.GetBytes(refusal.Text));
    }

    // A receiver that is gone or does not read loses all its streams.
    private void Send(ClientConnection connection, in TransferHeader header, ReadOnlySpan<byte> body)
    {
        header.Encode(_frame);
        if (_transport.TrySend(connection, _frame, body))
            return;
        foreach (ServedStream stream in _streams)
        {
            if (stream.Connection == connection)
                stream.Close();
        }
    }

    private ServedStream? Find(ClientConnection connection, ulong id) =>
        _streams.Find(stream => !stream.IsClosed && stream.Connection == connection && stream.Id == id);
}
