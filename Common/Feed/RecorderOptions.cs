using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Who records, and limits. Times are in microseconds.</summary>
public sealed record RecorderOptions
{
    /// <summary>Name of the observer, unique in its cluster.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Incarnation of its data directory, not 0.</summary>
    public required ulong Incarnation { get; init; }

    /// <summary>Whom it follows, and how. Its cluster is that of the log.</summary>
    public required LogFollowerOptions Follow { get; init; }

    /// <summary>
    /// The members as the cluster named them when it took the observer in; empty when it was not asked now. Followed,
    /// beside those that the record itself names, until the record has caught up.
    /// </summary>
    public IReadOnlyList<Member> Members { get; init; } = [];

    /// <summary>
    /// The members as they were known when the observer last ran; empty when that is not known. The record may no
    /// longer hold the configuration that named them.
    /// </summary>
    public IReadOnlyList<Member> KnownMembers { get; init; } = [];

    /// <summary>
    /// How much of the record is kept, in bytes, counted in whole segment files; null: all of it. Who is fetching from
    /// it, or observes through it, may hold as much again.
    /// </summary>
    public long? KeepBytes { get; init; }

    /// <summary>Name of the member to follow rather than any other while it can be followed; empty: none.</summary>
    public string Upstream { get; init; } = "";

    /// <summary>
    /// Least time between two writes to the disk: records that come meanwhile share the next one. Default 1 ms.
    /// </summary>
    public long FlushPauseMicros { get; init; } = 1_000;

    /// <summary>Beyond so many bytes the next write does not wait. Default 1 MiB.</summary>
    public long FlushBytes { get; init; } = 1 << 20;

    /// <summary>Least time between two reports to the members. Default 100 ms.</summary>
    public long ReportMicros { get; init; } = 100_000;

    /// <summary>Longest time between two reports. Default 1 s.</summary>
    public long ReportMicrosMax { get; init; } = 1_000_000;

    /// <summary>How often the commit index is written down for those who look at the folder. Default 10 s.</summary>
    public long CommitMicros { get; init; } = 10_000_000;

    /// <summary>
    /// So long a record that has caught up may not name the observer before that counts as its removal. Default 3 s.
    /// </summary>
    public long RemovalMicros { get; init; } = 3_000_000;

    /// <summary>Stops at settings that cannot work.</summary>
    public void Validate()
    {
        Check.That(!Id.IsNone && Incarnation != 0, "an observer has a name and an incarnation");
        Check.That(FlushPauseMicros >= 0 && FlushBytes > 0, "what is recorded is written some time");
        Check.That(ReportMicros > 0 && ReportMicrosMax >= ReportMicros && CommitMicros > 0, "times are positive");
        Check.That(KeepBytes is null or > 0, "something is kept");
        Follow.Validate();
    }
}
