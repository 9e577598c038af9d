using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>One fetch at a time of what the feed did not bring, from whoever has it.</summary>
internal sealed class HistoryFetch(
    LogFollowerOptions options, SourceTable sources, ITransferClientTransport transport, FollowerCounters counters)
{
    // A source that has nothing more yet, or is busy, is asked again soon; one that keeps too little, now and then.
    private const long SoonMicros = 50_000;
    private const long LaterMicros = 5_000_000;

    private readonly LogStream _stream = new(transport, options: options.Fetch);
    private FeedSource? _source;
    private int _toRelease;
    private bool _hasDelivered;

    /// <summary>Whether a fetch is under way.</summary>
    public bool IsOpen => _source is not null;

    /// <summary>Who was asked; null when there is no fetch.</summary>
    public FeedSource? Source => _source;

    /// <summary>When <see cref="Work"/> has something to do at the latest.</summary>
    public long NextWorkMicros => _stream.NextWorkMicros;

    /// <summary>Asks for what follows a record.</summary>
    /// <param name="position">The last record that the follower has.</param>
    /// <param name="isChainKnown">Whether its chain is known; then the source must have the same.</param>
    /// <param name="until">Index behind the last one wanted; 0 for all that there is.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Begin(in RecordHeader position, bool isChainKnown, LogIndex until, long nowMicros)
    {
        if (sources.ForHistory(position.Index, nowMicros) is not { } source)
            return;
        _source = source;
        _hasDelivered = false;
        _toRelease = 0;
        counters.Fetches++;
        if (isChainKnown)
            _stream.Open(source.Who.TransferAddress, options.ClusterId, position, until, nowMicros);
        else
            _stream.OpenAt(source.Who.TransferAddress, options.ClusterId, position.Index.Next, until, nowMicros);
    }

    /// <summary>Ends the fetch: it is no longer needed, or its source no longer trusted.</summary>
    public void End()
    {
        _stream.Close();
        _source = null;
    }

    /// <summary>Takes the next message of the transport that is for the fetch.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="records">Verified records, often none; when there are any, <see cref="Release"/> is due.</param>
    /// <returns>Whether there was a message.</returns>
    public bool TryReceive(long nowMicros, out ReadOnlySpan<byte> records)
    {
        records = default;
        if (!transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
            return false;
        _stream.TryAccept(address, header, body, nowMicros, out records);
        if (records.Length > 0)
        {
            _hasDelivered = true;
            _toRelease++;
        }
        return true;
    }

    /// <summary>Lets the source send as many chunks again as were taken.</summary>
    public void Release(long nowMicros)
    {
        if (_toRelease > 0 && IsOpen)
            _stream.Release(nowMicros, _toRelease);
        _toRelease = 0;
    }

    /// <summary>Sends what is due, and draws the conclusions when the fetch has ended.</summary>
    /// <returns>Why the source's log is another one, in words; otherwise null.</returns>
    public string? Work(LogIndex position, long nowMicros)
    {
        if (_source is not { } source)
            return null;
        _stream.Poll(nowMicros);
        if (_stream.State == TransferStreamState.Open)
            return null;
        TransferStreamState state = _stream.State;
        End();
        switch (state)
        {
            case TransferStreamState.Complete:
                source.FetchFailures = 0;
                if (!_hasDelivered)
                    source.FetchAfterMicros = nowMicros + SoonMicros;
                return null;
            case TransferStreamState.Silent:
                // What is still on its way would come before whatever is asked for next, and count for nothing.
                transport.Disconnect(source.Who.TransferAddress);
                sources.AvoidFetching(source, _stream.Reason, nowMicros);
                return null;
            case TransferStreamState.Untrue:
                counters.MessagesMalformed++;
                sources.Avoid(source, SourceTrouble.Malformed, _stream.Reason, nowMicros);
                return null;
            default:
                return TakeRefusal(source, position, nowMicros);
        }
    }

    private string? TakeRefusal(FeedSource source, LogIndex position, long nowMicros)
    {
        switch (_stream.Refusal)
        {
            case TransferRefusal.WrongChain:
                return _stream.Reason.Length > 0 ? _stream.Reason : $"its record {position} is another one";
            case TransferRefusal.WrongCluster:
                counters.MessagesForeign++;
                sources.Avoid(source, SourceTrouble.Foreign, "its log is that of another cluster", nowMicros);
                return null;
            case TransferRefusal.NoLongerKept when _stream.FirstKept > position.Next:
                source.FirstKept = _stream.FirstKept;
                source.FetchAfterMicros = nowMicros + LaterMicros;
                return null;
            case TransferRefusal.NotYetThere or TransferRefusal.Overloaded:
                source.FetchAfterMicros = nowMicros + SoonMicros;
                return null;
            default:
                sources.AvoidFetching(
                    source, _stream.Reason.Length > 0 ? _stream.Reason : $"it refuses: {_stream.Refusal}", nowMicros);
                return null;
        }
    }
}
