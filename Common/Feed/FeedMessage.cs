namespace Chorus.Common.Feed;

/// <summary>A message as it came, unchecked; valid until the next call of the inlet.</summary>
public readonly ref struct FeedMessage
{
    /// <summary>Address of the source, as given to <see cref="IFeedInlet.Follow"/>.</summary>
    public required string Source { get; init; }

    /// <summary>First frame.</summary>
    public required ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>Second frame: a <see cref="FeedHeader"/>.</summary>
    public required ReadOnlySpan<byte> Header { get; init; }

    /// <summary>Third frame; empty when there is none.</summary>
    public required ReadOnlySpan<byte> Records { get; init; }
}
