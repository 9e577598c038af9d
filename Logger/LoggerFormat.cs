namespace Chorus.Logger;

/// <summary>What a logger writes.</summary>
internal enum LoggerFormat
{
    /// <summary>Records as they stand in the log.</summary>
    Records = 0,

    /// <summary>The same, and beside it a text for people.</summary>
    Text = 1,
}
