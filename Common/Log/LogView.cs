using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Where the owner of a log shows other threads what they may read. Written by the owner's thread, read by any.
/// </summary>
public sealed class LogView
{
    private volatile LogExtent? _extent;
    private volatile Configuration _configuration = Configuration.Empty;
    private volatile int _replacements;

    /// <summary>The newest extent; null before the first.</summary>
    public LogExtent? Extent => _extent;

    /// <summary>The newest configuration that the owner knows; empty before the first.</summary>
    public Configuration Configuration => _configuration;

    /// <summary>
    /// Changes when files that were shown have been replaced: they are to be opened again. Read it behind
    /// <see cref="Extent"/>: it changes before the extent of new files is shown.
    /// </summary>
    public int Replacements => _replacements;

    /// <summary>Shows a new extent, of files that may have been replaced by a repair.</summary>
    public void Replace(LogExtent extent)
    {
        _replacements++;
        _extent = extent;
    }

    /// <summary>Shows a new extent.</summary>
    public void Show(LogExtent extent) => _extent = extent;

    /// <summary>Shows a new configuration.</summary>
    public void Show(Configuration configuration) => _configuration = configuration;
}
