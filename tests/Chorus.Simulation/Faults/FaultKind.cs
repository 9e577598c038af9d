namespace Chorus.Simulation.Faults;

/// <summary>What can go wrong. Each seed picks some of them.</summary>
internal enum FaultKind : byte
{
    /// <summary>A process is killed and restarted; its page cache stays.</summary>
    Kill,

    /// <summary>A machine loses power, and what was not synced.</summary>
    PowerLoss,

    /// <summary>Several or all machines lose power at once.</summary>
    Blackout,

    /// <summary>A machine dies inside a disk operation, also while it recovers.</summary>
    CrashInDisk,

    /// <summary>A process stands still while time goes on.</summary>
    Pause,

    /// <summary>A node hears and is heard by nobody.</summary>
    Isolate,

    /// <summary>The cluster falls into two parts.</summary>
    Partition,

    /// <summary>Messages pass in one direction only.</summary>
    OneWay,

    /// <summary>Loss, duplication, delay and reordering.</summary>
    Weather,

    /// <summary>A disk becomes slow for a while.</summary>
    SlowDisk,

    /// <summary>A disk does nothing for a while.</summary>
    HungDisk,

    /// <summary>A sync fails: the node must stop.</summary>
    FailingSync,

    /// <summary>A disk is full for a while.</summary>
    FullDisk,

    /// <summary>Wall clocks jump.</summary>
    ClockJump,

    /// <summary>A minority loses power while the others are paused, then only part of them wakes (trap 27).</summary>
    MinorityPowerLoss,

    /// <summary>
    /// The leader is cut off with fresh entries, dies, and its successor does not live long either (Raft figure 8).
    /// </summary>
    LeaderChurn,

    /// <summary>
    /// The leader stands still and hears nobody for longer than an election takes, and then reads are asked of it.
    /// </summary>
    FrozenLeader,

    /// <summary>
    /// The leader is cut off while clients reach nobody else, and comes back with what it has once the others have cut
    /// their logs: a snapshot must replace it (trap 9).
    /// </summary>
    ForsakenLeader,

    /// <summary>
    /// What one node says to the leader waits in a queue, over elections, and then arrives all at once.
    /// </summary>
    StaleQueue,

    /// <summary>A process stands still in the middle of a round, behind a look at the clock.</summary>
    StopInRound,

    /// <summary>
    /// The leader goes on alone with what it was promised, while one that waits for its chance asks those who restart.
    /// </summary>
    Usurper,

    /// <summary>
    /// Answers to heartbeats come late, just before those who gave them elect another leader; or the leader's own.
    /// </summary>
    LateAnswers,

    /// <summary>Members are added, removed, and replaced after a loss of their disk.</summary>
    Membership,

    /// <summary>The leadership is handed over, to somebody or to anybody.</summary>
    Transfer,

    /// <summary>Feeds lose messages, in bursts, at a tiny high-water mark, or all records for a while.</summary>
    FeedLoss,

    /// <summary>Somebody between sources and observers makes things up.</summary>
    Lies,

    /// <summary>The source that an observer follows is killed, stopped or cut off from it.</summary>
    Source,

    /// <summary>An observer is killed, stopped, cut off, loses power or has trouble with its disk.</summary>
    Observer,

    /// <summary>Loggers leave, come back, and come back without their data.</summary>
    ObserverMembership,

    /// <summary>The log of a node that is down is damaged: bits, sectors, files, or its end.</summary>
    LogDamage,

    /// <summary>A bit flips on the disk of a node that is down; only when asked for.</summary>
    BitFlip,
}
