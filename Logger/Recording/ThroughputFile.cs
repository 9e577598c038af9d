using System.Globalization;

namespace Chorus.Logger.Recording;

/// <summary>
/// <c>NAME-throughput.out</c>: a line for each second, <c>unix-seconds commands</c>, the commands that were made
/// durable in that second. Goes on at its end after a restart.
/// </summary>
internal sealed class ThroughputFile
{
    private readonly StreamWriter _writer;
    private long _second;
    private long _written;

    /// <summary>Opens the file.</summary>
    /// <param name="folder">Folder of the record.</param>
    /// <param name="id">Name of the observer.</param>
    /// <param name="second">The present second.</param>
    public ThroughputFile(string folder, string id, long second)
    {
        _writer = new StreamWriter(
            new FileStream(
                Path.Combine(folder, $"{id}-throughput.out"), FileMode.Append, FileAccess.Write, FileShare.Read));
        _second = second;
    }

    /// <summary>Writes the lines of the seconds that are over.</summary>
    /// <param name="second">The present second.</param>
    /// <param name="commands">Commands made durable since the start.</param>
    public void Work(long second, long commands)
    {
        if (second <= _second)
            return;
        for (; _second < second; _second++)
        {
            _writer.Write(string.Create(CultureInfo.InvariantCulture, $"{_second} {commands - _written}\n"));
            _written = commands;
        }
        _writer.Flush();
    }

    /// <summary>Closes the file; the second that is not over gets its line.</summary>
    public void Close(long second, long commands)
    {
        using (_writer)
            Work(Math.Max(second, _second + 1), commands);
    }
}
