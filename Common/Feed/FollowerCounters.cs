namespace Chorus.Common.Feed;

/// <summary>What a follower has counted since its start. Written by its own thread.</summary>
public sealed class FollowerCounters
{
    /// <summary>Records taken.</summary>
    public long Records { get; internal set; }

    /// <summary>Bytes of the records taken.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Of the records taken, those that came by Transfer.</summary>
    public long RecordsFetched { get; internal set; }

    /// <summary>Of the bytes taken, those that came by Transfer.</summary>
    public long BytesFetched { get; internal set; }

    /// <summary>Fetches begun.</summary>
    public long Fetches { get; internal set; }

    /// <summary>Live batches of which every record was there already.</summary>
    public long BatchesOld { get; internal set; }

    /// <summary>Live batches dropped because they could not be held back.</summary>
    public long BatchesDropped { get; internal set; }

    /// <summary>
    /// Times that batches were unsubscribed from, because the follower was too far behind to use them, or what it held
    /// back of them had a gap or no room.
    /// </summary>
    public long Unsubscriptions { get; internal set; }

    /// <summary>Live batches that did not follow what was there: something between was lost.</summary>
    public long GapsFound { get; internal set; }

    /// <summary>Messages that are none of the feed, or contradict themselves.</summary>
    public long MessagesMalformed { get; internal set; }

    /// <summary>Messages of another cluster.</summary>
    public long MessagesForeign { get; internal set; }

    /// <summary>Times that a source had another chain than the follower.</summary>
    public long ChainsWrong { get; internal set; }

    /// <summary>Times that a source was chosen.</summary>
    public long SourceChanges { get; internal set; }

    /// <summary>Times that the source that was followed was left for cause: silent, behind, stalled, untrue, another
    /// log.</summary>
    public long Failovers { get; internal set; }

    /// <summary>The counters under the names that metrics and status use.</summary>
    public IEnumerable<KeyValuePair<string, long>> All()
    {
        yield return new("chorus_follower_records_total", Records);
        yield return new("chorus_follower_bytes_total", Bytes);
        yield return new("chorus_follower_fetched_records_total", RecordsFetched);
        yield return new("chorus_follower_fetched_bytes_total", BytesFetched);
        yield return new("chorus_follower_fetches_total", Fetches);
        yield return new("chorus_follower_batches_old_total", BatchesOld);
        yield return new("chorus_follower_batches_dropped_total", BatchesDropped);
        yield return new("chorus_follower_unsubscriptions_total", Unsubscriptions);
        yield return new("chorus_follower_gaps_found_total", GapsFound);
        yield return new("chorus_follower_messages_malformed_total", MessagesMalformed);
        yield return new("chorus_follower_messages_foreign_total", MessagesForeign);
        yield return new("chorus_follower_chains_wrong_total", ChainsWrong);
        yield return new("chorus_follower_source_changes_total", SourceChanges);
        yield return new("chorus_follower_failovers_total", Failovers);
    }
}
