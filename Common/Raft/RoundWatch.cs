namespace Chorus.Raft;

/// <summary>
/// Whether a quorum answers rounds at once. Only then is a round narrow, for only then does a silence of two ticks mean
/// that whoever was asked will not answer soon.
/// </summary>
internal sealed class RoundWatch
{
    private const ulong QuickTicks = 2;

    private ulong _round;
    private ulong _since;
    private bool _isNarrow;

    /// <summary>Whether the last round that was watched had its quorum before two ticks had passed.</summary>
    public bool IsQuick { get; private set; }

    /// <summary>A leadership begins: nothing is known of the others.</summary>
    public void Reset() => (IsQuick, _round) = (false, 0);

    /// <summary>A round begins. One is watched at a time, a wide one rather than a narrow one.</summary>
    public void Begun(ulong round, bool isNarrow, ulong now)
    {
        if (_round == 0 || (_isNarrow && !isNarrow))
            (_round, _since, _isNarrow) = (round, now, isNarrow);
    }

    /// <summary>An answer has come.</summary>
    /// <param name="answered">Newest round that a quorum has answered.</param>
    /// <param name="now">The present tick.</param>
    public void Answered(ulong answered, ulong now)
    {
        if (_round == 0 || answered < _round)
            return;
        IsQuick = now - _since < QuickTicks;
        _round = 0;
    }

    /// <summary>A tick has passed.</summary>
    /// <returns>Whether a narrow round is given up, and everybody is to be asked.</returns>
    public bool Tick(ulong now)
    {
        if (_round == 0 || now - _since < QuickTicks)
            return false;
        IsQuick = false;
        return _isNarrow;
    }
}
