namespace Chorus.Client.Acked;

/// <summary>What reading everything back showed.</summary>
internal sealed record Verdict
{
    /// <summary>Keys that were to be read.</summary>
    public long Keys { get; init; }

    /// <summary>Keys that hold their last acknowledged value.</summary>
    public long Confirmed { get; set; }

    /// <summary>Keys that hold the value of their last write, whose outcome was unknown: it was applied.</summary>
    public long UnknownApplied { get; set; }

    /// <summary>Keys whose last write had an unknown outcome and was not applied.</summary>
    public long UnknownNotApplied { get; set; }

    /// <summary>Keys of which an acknowledged write is missing: an older value, or none.</summary>
    public long Lost { get; set; }

    /// <summary>Keys with a value that nobody should have written there.</summary>
    public long Wrong { get; set; }

    /// <summary>Keys that could not be read.</summary>
    public long Unread { get; set; }

    /// <summary>The first failures, for people.</summary>
    public List<string> Examples { get; } = [];

    public bool IsGood => Lost == 0 && Wrong == 0 && Unread == 0;
}
