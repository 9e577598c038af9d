using Chorus.Common.Protocol;
using Chorus.Common.Replica;

namespace Chorus.Common.Transfer;

/// <summary>Asks several sources what they have, before anything is fetched from them.</summary>
/// <remarks>
/// Over when all have answered, when the others had a second after the first answer, or when nobody has answered for
/// five seconds, unless its owner says otherwise. Single-threaded; never waits.
/// </remarks>
public sealed class SourceSurvey
{
    private const long PatienceMicros = 5_000_000;
    private const long GraceMicros = 1_000_000;
    private const long AgainMicros = 250_000;

    private readonly ITransferClientTransport _transport;
    private readonly IClock _clock;
    private readonly SurveyedSource[] _sources;
    private readonly long[] _askedMicros;
    private readonly long _graceMicros;
    private long _endMicros;

    /// <summary>Prepares a survey.</summary>
    /// <param name="transport">Used by nobody else until the survey is over.</param>
    /// <param name="clock">For time-outs.</param>
    /// <param name="addresses">Transfer addresses, <c>host:port</c>.</param>
    /// <param name="patienceMicros">How long to wait for a first answer.</param>
    /// <param name="graceMicros">How long to wait for the others behind it, within that.</param>
    public SourceSurvey(
        ITransferClientTransport transport, IClock clock, IReadOnlyList<string> addresses,
        long patienceMicros = PatienceMicros, long graceMicros = GraceMicros)
    {
        _graceMicros = graceMicros;
        (_transport, _clock) = (transport, clock);
        _sources = [.. addresses.Distinct().Select(address => new SurveyedSource(address, null))];
        _askedMicros = new long[_sources.Length];
        _endMicros = clock.MonotonicMicros + patienceMicros;
    }

    /// <summary>Whether nothing more is waited for.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The sources in the order in which they were named, each once.</summary>
    public IReadOnlyList<SurveyedSource> Sources => _sources;

    /// <summary>Monotonic time at which <see cref="DoWork"/> has something to do at the latest.</summary>
    public long NextWorkMicros { get; private set; }

    /// <summary>Asks, and takes answers.</summary>
    public void DoWork()
    {
        long now = _clock.MonotonicMicros;
        while (_transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
        {
            int at = Array.FindIndex(_sources, source => source.Address == address);
            if (at < 0)
                continue;
            if (!TransferRequests.TryReadDescription(header, body, out LogDescription description))
            {
                if (TransferHeader.TryDecode(header, out TransferHeader message)
                    && message.Type == TransferMessageType.Refused && _sources[at].Description is null)
                    _sources[at] = _sources[at] with { HasRefused = true };
                continue;
            }
            if (_sources.All(source => source.Description is null))
                _endMicros = Math.Min(_endMicros, now + _graceMicros);
            _sources[at] = new SurveyedSource(address, description);
        }
        IsOver = now >= _endMicros || _sources.All(source => source.Description is not null);
        NextWorkMicros = Math.Min(_endMicros, now + AgainMicros / 10);
        for (int i = 0; i < _sources.Length && !IsOver; i++)
        {
            // Lost questions and answers are not worth telling from slow ones: asked again now and then.
            bool isDue = _sources[i].Description is null && now >= _askedMicros[i];
            if (isDue && TransferRequests.TrySendDescribe(_transport, _sources[i].Address, Guid.Empty))
                _askedMicros[i] = now + AgainMicros;
        }
    }
}
