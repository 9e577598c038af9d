using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Where the owner of a log shows other threads what they may read. Written by the owner's thread, read by any.
/// </summary>
public sealed class LogView
{
    private volatile LogExtent? _extent;
    private volatile Configuration _configuration = Configuration.Empty;

    /// <summary>The newest extent; null before the first.</summary>
    public LogExtent? Extent => _extent;

    /// <summary>The newest configuration that the owner knows; empty before the first.</summary>
    public Configuration Configuration => _configuration;

    /// <summary>Shows a new extent.</summary>
    public void Show(LogExtent extent) => _extent = extent;

    /// <summary>Shows a new configuration.</summary>
    public void Show(Configuration configuration) => _configuration = configuration;
}
