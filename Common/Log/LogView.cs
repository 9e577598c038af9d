namespace Chorus.Common.Log;

/// <summary>
/// Where the owner of a log shows other threads what they may read. Written by the owner's thread, read by any.
/// </summary>
public sealed class LogView
{
    private volatile LogExtent? _extent;

    /// <summary>The newest extent; null before the first.</summary>
    public LogExtent? Extent => _extent;

    /// <summary>Shows a new extent.</summary>
    public void Show(LogExtent extent) => _extent = extent;
}
