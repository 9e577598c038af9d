using Chorus.Common.Log;

namespace Chorus.Common.Hosting;

/// <summary>What others than the loop may know of one cluster that a logger records.</summary>
/// <param name="id">Name of the observer.</param>
/// <param name="folder">Folder of the record.</param>
/// <param name="storage">The files of the record; only to be read.</param>
/// <param name="view">What of it may be read: all that is durable.</param>
public sealed class RecordedLog(string id, string folder, IStorage storage, LogView view)
{
    private long _commands;

    /// <summary>Name of the observer.</summary>
    public string Id => id;

    /// <summary>Folder of the record.</summary>
    public string Folder => folder;

    /// <summary>The files of the record; only to be read.</summary>
    public IStorage Storage => storage;

    /// <summary>What of it may be read: all that is durable. Empty until the record was opened.</summary>
    public LogView View => view;

    /// <summary>Commands that this process has made durable. Any thread.</summary>
    public long Commands
    {
        get => Volatile.Read(ref _commands);
        internal set => Volatile.Write(ref _commands, value);
    }
}
