namespace Chorus.Common.Replica;

/// <summary>What is open on behalf of a replica, to be closed when none of its threads works any more.</summary>
public sealed class OpenFiles : IDisposable
{
    private readonly List<IDisposable> _files = [];

    /// <summary>Remembers one, and gives it back.</summary>
    public T Add<T>(T file)
        where T : IDisposable
    {
        _files.Add(file);
        return file;
    }

    /// <summary>Closes them all.</summary>
    public void Dispose()
    {
        foreach (IDisposable file in _files)
            file.Dispose();
        _files.Clear();
    }
}
