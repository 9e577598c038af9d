using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Why a source is left, or not asked for history.</summary>
internal enum SourceTrouble : byte
{
    None,
    Silent,
    Behind,
    Stalled,
    Malformed,
    Foreign,
    WrongChain,
    NoTransfer,
}

/// <summary>A source as a follower knows it.</summary>
internal sealed class FeedSource(FollowSource who, ulong tie)
{
    private const int PreferredRank = -1;
    private const int FollowerRank = 0;
    private const int LeaderRank = 1;
    private const int LoggerRank = 2;

    private LogIndex _commitOfHeartbeat;

    public FollowSource Who { get; set; } = who;

    /// <summary>Decides between sources that are equally good.</summary>
    public ulong Tie { get; } = tie;

    public FeedInterest Interest { get; set; }

    /// <summary>Whether it has ever said something that can be used.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>When it last did.</summary>
    public long HeardMicros { get; set; }

    public FeedRole Role { get; private set; }

    /// <summary>What it says to be committed.</summary>
    public LogIndex Commit { get; private set; }

    /// <summary>What the heartbeat before the last one said: everything up to there has been published since.</summary>
    public LogIndex CommitBefore { get; private set; }

    public long AvoidUntilMicros { get; set; }

    /// <summary>Times that it was left for cause since it last delivered.</summary>
    public int Strikes { get; set; }

    /// <summary>No fetch from it before this time.</summary>
    public long FetchAfterMicros { get; set; }

    public int FetchFailures { get; set; }

    /// <summary>Whether its log was found to be another one, the last time that this was seen.</summary>
    public bool HasWrongChain { get; set; }

    /// <summary>First index that it keeps, where it refused to send older ones; else 0.</summary>
    public LogIndex FirstKept { get; set; }

    /// <summary>What was last said about it, and when: the same is not said again at once.</summary>
    public SourceTrouble SaidTrouble { get; set; }

    public long SaidMicros { get; set; }

    /// <summary>The last trouble in words; empty when there was none.</summary>
    public string Trouble { get; set; } = "";

    /// <summary>Lower is better: the leader is spared, and a logger has what the replicas had first.</summary>
    public int Rank
    {
        get
        {
            if (Who.IsPreferred)
                return PreferredRank;
            if (Who.IsLogger || (HasSpoken && Role == FeedRole.Logger))
                return LoggerRank;
            return HasSpoken && Role == FeedRole.Leader ? LeaderRank : FollowerRank;
        }
    }

    /// <summary>Takes what a message says about its publisher.</summary>
    public void Heard(in FeedHeader header, long nowMicros)
    {
        HeardMicros = nowMicros;
        Role = header.Role;
        if (header.Kind == FeedMessageKind.Heartbeat)
        {
            // What the first one knows was published before anybody listened.
            CommitBefore = HasSpoken ? _commitOfHeartbeat : header.Commit;
            _commitOfHeartbeat = header.Commit;
        }
        HasSpoken = true;
        Commit = header.Commit;
    }

    /// <summary>It delivered what continues the log: nothing is held against it any more.</summary>
    public void Delivered()
    {
        Strikes = 0;
        FetchFailures = 0;
        HasWrongChain = false;
        FirstKept = LogIndex.Zero;
        Trouble = "";
    }
}
