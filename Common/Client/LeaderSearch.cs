using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Common.Client;

/// <summary>
/// Who leads, as far as the client knows. While nobody does, or the leader is silent, it asks all servers for
/// their status, which says who leads; requests of users are not spent on finding out.
/// </summary>
internal sealed class LeaderSearch(LinkTable links, BackOff backOff)
{
    /// <summary>
    /// A leader that leaves requests unanswered for so long is doubted: the others are asked.
    /// </summary>
    internal const int SilenceMs = 300;

    // A hint is followed at once; when hints go round in a circle, with pauses.
    private const int HintsFollowedAtOnce = 2;

    private readonly RequestFrame _question = new();
    private ulong _term;
    private int _hints;
    private int _failures;
    private long _askAtMs;
    private long _sendFromMs;
    private volatile string? _leaderAddress;

    /// <summary>Where requests go; perhaps not connected.</summary>
    internal Link? Leader { get; private set; }

    /// <summary>Its address while it is connected. Read by any thread.</summary>
    internal string? LeaderAddress => _leaderAddress;

    /// <summary>Whether requests may go to the leader now.</summary>
    internal bool CanSend(long nowMs) => Leader is { IsConnected: true } && nowMs >= _sendFromMs;

    /// <summary>Asks around when that is due.</summary>
    /// <param name="nowMs">The time.</param>
    /// <param name="isNeeded">Whether a request waits for a leader.</param>
    /// <returns>When to look again.</returns>
    internal long AskWhenDue(long nowMs, bool isNeeded)
    {
        if (Leader is { IsConnected: true } leader)
        {
            if (leader.Unanswered == 0)
                return nowMs < _sendFromMs ? _sendFromMs : long.MaxValue;
            long doubtFromMs = leader.SilentSinceMs + SilenceMs;
            if (nowMs < doubtFromMs)
                return doubtFromMs;
        }
        else if (!isNeeded)
        {
            return long.MaxValue;
        }

        if (nowMs < _askAtMs)
            return _askAtMs;
        foreach (Link link in links.All)
            Ask(link);
        _askAtMs = nowMs + backOff.PauseMs(++_failures);
        return _askAtMs;
    }

    internal void Connected(Link link)
    {
        if (link == Leader)
            _leaderAddress = link.Endpoint.ToString();
        Ask(link);
    }

    internal void Lost(Link link, long nowMs)
    {
        if (link == Leader)
            SetLeader(null, term: 0);
        _askAtMs = nowMs;
    }

    /// <summary>The leader did what it was asked.</summary>
    internal void Succeeded() => _hints = _failures = 0;

    /// <summary>A server said that it does not lead, and perhaps who does.</summary>
    internal void Refused(Link link, string hint, long nowMs)
    {
        // Of many requests that were under way to a leader that stepped down, the first answer counts.
        if (link != Leader)
            return;
        if (Heard(hint) is { } hinted && hinted != link)
        {
            SetLeader(hinted, _term);
            if (++_hints > HintsFollowedAtOnce)
                _sendFromMs = nowMs + backOff.PauseMs(_hints - HintsFollowedAtOnce);

            // The connection may have to be made first; others are asked only when it does not come to stand.
            _askAtMs = nowMs + backOff.PauseMs(1);
            return;
        }

        SetLeader(null, _term);
        _askAtMs = nowMs + backOff.PauseMs(++_failures);
    }

    /// <summary>A server answered the question for its status.</summary>
    /// <returns>
    /// The leader that is given up for another one, whose silence is then no longer waited for.
    /// </returns>
    internal Link? Told(Link link, ReadOnlySpan<byte> answer)
    {
        Status status;
        try
        {
            status = Status.Parser.ParseFrom(answer);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        bool leads = status.Role.Equals("leader", StringComparison.OrdinalIgnoreCase);
        Link? named = leads ? link : Named(status);
        if (named is null)
            return null;
        if (named == Leader)
        {
            _term = Math.Max(_term, status.Term);
            return null;
        }

        // Somebody who led in an older term may still believe in himself.
        if (Leader is { IsConnected: true } && status.Term <= _term)
            return null;
        Link? given = Leader;
        SetLeader(named, status.Term);
        return given;
    }

    private Link? Named(Status status)
    {
        string address = status.Leader;
        foreach (MemberStatus member in status.Members)
        {
            if (member.Member?.Id == status.Leader)
                address = member.Member.ClientAddress;
        }

        return Heard(address);
    }

    // An address out of an answer: unchecked, and perhaps one that says nothing to others.
    private Link? Heard(string address) =>
        Endpoint.TryParse(address, out Endpoint endpoint, out _) && !endpoint.IsWildcard && endpoint.Port != 0
            ? links.GetOrOpen(endpoint, Leader)
            : null;

    private void Ask(Link link)
    {
        if (!link.IsConnected)
            return;
        _question.Clear();
        _question.Add(SlotTable.ReservedSlot, (int)OperationKind.Status, default);
        _ = link.Socket.TrySendFrame(_question.Bytes);
    }

    private void SetLeader(Link? leader, ulong term)
    {
        Leader = leader;
        _term = term;
        _leaderAddress = leader is { IsConnected: true } ? leader.Endpoint.ToString() : null;
    }
}
