using Chorus.Common.Feed;
using Chorus.Common.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chorus.Common.Hosting;

/// <summary>Takes one committed record. Called by the subscription's thread, for each index once, in order.</summary>
/// <param name="header">Index, term, time, chain, kind.</param>
/// <param name="payload">Valid during the call.</param>
/// <param name="cursor">Stands behind this record: to be stored with what is made of it.</param>
public delegate void RecordHandler(in RecordHeader header, ReadOnlySpan<byte> payload, in FeedCursor cursor);

/// <summary>What to follow, and from where on.</summary>
public sealed record LogSubscriptionOptions
{
    /// <summary>
    /// Members to begin with, see <see cref="FollowSource.At"/>; at least one. Those that the log names are followed,
    /// too.
    /// </summary>
    public required IReadOnlyList<FollowSource> Sources { get; init; }

    /// <summary>
    /// Where the last one ended, as stored with the data; null: at <see cref="FromEnd"/> or at the beginning, of
    /// whichever cluster answers first.
    /// </summary>
    public FeedCursor? Cursor { get; init; }

    /// <summary>Without a cursor: whether to begin behind what is committed now, rather than at index 1.</summary>
    public bool FromEnd { get; init; }

    /// <summary>
    /// Asked when records are lost, because nobody keeps them any more: true goes on behind the gap. Null: never.
    /// </summary>
    public Func<FollowerGap, bool>? AcceptsGap { get; init; }

    /// <summary>Name in lines about it. Default <c>subscription</c>.</summary>
    public string Name { get; init; } = "subscription";

    /// <summary>Where lines go; nowhere by default.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>Stops at settings that cannot work.</summary>
    /// <exception cref="ArgumentException">There is no source.</exception>
    public void Validate()
    {
        if (Sources.Count == 0)
            throw new ArgumentException("a subscription needs at least one source to begin with");
    }
}
