namespace Chorus.Common.Replica;

/// <summary>What a replica has counted since its start. Written by the loop's thread.</summary>
public sealed class ReplicaCounters
{
    /// <summary>Messages from peers that were malformed.</summary>
    public long PeerFramesMalformed { get; internal set; }

    /// <summary>Messages from peers of another cluster, or meant for another node.</summary>
    public long PeerFramesForeign { get; internal set; }

    /// <summary>Messages from peers that carried entries while the disk had no room for them.</summary>
    public long PeerFramesWithoutRoom { get; internal set; }

    /// <summary>Messages taken from peers.</summary>
    public long PeerMessages { get; internal set; }

    /// <summary>Frames from clients that were malformed.</summary>
    public long ClientFramesMalformed { get; internal set; }

    /// <summary>Requests taken from clients.</summary>
    public long Requests { get; internal set; }

    /// <summary>Requests refused because too many were waiting.</summary>
    public long RequestsOverloaded { get; internal set; }

    /// <summary>Commands proposed.</summary>
    public long Proposals { get; internal set; }

    /// <summary>Batches that the disk has made durable.</summary>
    public long DiskBatches { get; internal set; }

    /// <summary>Commands applied.</summary>
    public long Applied { get; internal set; }

    /// <summary>
    /// Commands of sessions that were committed and had no effect; 0, for a leader lets none into its log.
    /// </summary>
    public long SessionCommandsRefused { get; internal set; }

    /// <summary>Linearizable reads answered.</summary>
    public long Reads { get; internal set; }

    /// <summary>Stale reads answered.</summary>
    public long StaleReads { get; internal set; }

    /// <summary>Records fetched by Transfer because the node was far behind.</summary>
    public long CatchUpRecords { get; internal set; }

    /// <summary>Bytes of records fetched, those included that the leader brought meanwhile.</summary>
    public long CatchUpBytes { get; internal set; }

    /// <summary>Streams opened to fetch them.</summary>
    public long CatchUpStreams { get; internal set; }

    /// <summary>
    /// Streams that ended because the source refused, was silent, had nothing or could not be trusted.
    /// </summary>
    public long CatchUpFailures { get; internal set; }

    /// <summary>Snapshots taken.</summary>
    public long Snapshots { get; internal set; }

    /// <summary>Of them, those taken because a member had to begin from one.</summary>
    public long SnapshotsForMembers { get; internal set; }

    /// <summary>Times that the beginning of the log was cut off.</summary>
    public long LogCuts { get; internal set; }

    /// <summary>Longest round of the loop; noted by who turns it.</summary>
    public LongestRound LongestRound { get; } = new();

    /// <summary>Batches published on the feed.</summary>
    public long FeedBatches { get; internal set; }

    /// <summary>Records that the feed left out because memory no longer held them, while somebody subscribed.</summary>
    public long FeedRecordsSkipped { get; internal set; }

    /// <summary>Subscriptions to keys that were not taken: there were too many, or they were too long.</summary>
    public long FeedWatchesRefused { get; internal set; }

    /// <summary>The counters under the names that metrics and status use.</summary>
    public IEnumerable<KeyValuePair<string, long>> All()
    {
        yield return new("chorus_peer_frames_malformed_total", PeerFramesMalformed);
        yield return new("chorus_peer_frames_foreign_total", PeerFramesForeign);
        yield return new("chorus_peer_frames_without_room_total", PeerFramesWithoutRoom);
        yield return new("chorus_peer_messages_total", PeerMessages);
        yield return new("chorus_client_frames_malformed_total", ClientFramesMalformed);
        yield return new("chorus_requests_total", Requests);
        yield return new("chorus_requests_overloaded_total", RequestsOverloaded);
        yield return new("chorus_proposals_total", Proposals);
        yield return new("chorus_disk_batches_total", DiskBatches);
        yield return new("chorus_applied_total", Applied);
        yield return new("chorus_session_commands_refused_total", SessionCommandsRefused);
        yield return new("chorus_reads_total", Reads);
        yield return new("chorus_stale_reads_total", StaleReads);
        yield return new("chorus_catch_up_records_total", CatchUpRecords);
        yield return new("chorus_catch_up_bytes_total", CatchUpBytes);
        yield return new("chorus_catch_up_streams_total", CatchUpStreams);
        yield return new("chorus_catch_up_failures_total", CatchUpFailures);
        yield return new("chorus_snapshots_total", Snapshots);
        yield return new("chorus_snapshots_for_members_total", SnapshotsForMembers);
        yield return new("chorus_log_cuts_total", LogCuts);
        yield return new("chorus_loop_round_micros_max", LongestRound.Micros);
        yield return new("chorus_feed_batches_total", FeedBatches);
        yield return new("chorus_feed_records_skipped_total", FeedRecordsSkipped);
        yield return new("chorus_feed_watches_refused_total", FeedWatchesRefused);
    }
}
