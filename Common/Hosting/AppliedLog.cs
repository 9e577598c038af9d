using System.Buffers;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// Writes every command to a file, and flushes it, before the state machine behind it applies the command:
/// the application-level log that decoupled logging is measured against.
/// </summary>
/// <remarks>
/// Records have the format of the replicated log, with a term of 0 and a chain of their own: indexes rise and
/// have gaps where the replicated log holds something else than commands. After a restart the replicated log
/// is applied again, from its start or from where the state in a file or a snapshot ends; what this file already
/// holds is not written twice, what the state held before is not written at all.
/// </remarks>
public sealed class AppliedLog : IStateMachine, IDisposable
{
    private const string Extension = ".log";

    private readonly IStateMachine _inner;
    private readonly AppliedLogFile _file;

    private AppliedLog(IStateMachine inner, AppliedLogFile file)
    {
        _inner = inner;
        _file = file;
    }

    /// <summary>The file that is written.</summary>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public ulong Digest => _inner.Digest;

    /// <inheritdoc/>
    public LogIndex RestoredIndex => _inner.RestoredIndex;

    /// <summary>Opens the log of a node.</summary>
    /// <param name="inner">What applies the commands.</param>
    /// <param name="folder">Where the files are; made where it is missing.</param>
    /// <param name="node">Name of the node, with which file names begin.</param>
    /// <param name="startsAnew"> Whether the node has forgotten what it applied before (<c>-inmem</c>): then
    /// a new file begins; otherwise the newest one goes on.
    /// </param>
    /// <exception cref="ChorusException">The folder cannot be used.</exception>
    /// <exception cref="LogCorruptionException">A record that others follow is damaged.</exception>
    public static AppliedLog Open(IStateMachine inner, string folder, string node, bool startsAnew)
    {
        try
        {
            Directory.CreateDirectory(folder);
            int newest = NewestNumber(folder, node);
            int number = startsAnew || newest == 0 ? newest + 1 : newest;
            string path = System.IO.Path.Combine(folder, $"{node}-applied-{number:d4}{Extension}");
            AppliedLogFile file = AppliedLogFile.Open(path);
            LibC.SyncDirectory(folder);
            return new AppliedLog(inner, file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ChorusException.Failed(
                "applied_log",
                $"-logfolder: {folder} cannot be used: {error.Message}",
                "Name a folder that can be written",
                error);
        }
    }

    /// <inheritdoc/>
    public Code Validate(ReadOnlySpan<byte> command, out string message) => _inner.Validate(command, out message);

    /// <inheritdoc/>
    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
    {
        _file.Append(index, timeMicros, command);
        return _inner.Apply(index, timeMicros, command, response);
    }

    /// <inheritdoc/>
    public int ExpectsAhead => _inner.ExpectsAhead;

    /// <inheritdoc/>
    public void Expect(ReadOnlySpan<byte> command) => _inner.Expect(command);

    /// <inheritdoc/>
    public IStateSnapshot? BeginSnapshot() => _inner.BeginSnapshot();

    /// <inheritdoc/>
    public void Restore(LogIndex index, SnapshotRestore snapshot) => _inner.Restore(index, snapshot);

    /// <inheritdoc/>
    public void Applied(LogIndex index, SessionTable sessions) => _inner.Applied(index, sessions);

    /// <inheritdoc/>
    public SessionTable RestoredSessions() => _inner.RestoredSessions();

    /// <inheritdoc/>
    public bool HasRoom => _inner.HasRoom;

    /// <inheritdoc/>
    public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message) =>
        _inner.Query(query, response, out message);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static int NewestNumber(string folder, string node)
    {
        string prefix = $"{node}-applied-";
        int newest = 0;
        foreach (string path in Directory.EnumerateFiles(folder, $"{prefix}*{Extension}"))
        {
            string digits = System.IO.Path.GetFileNameWithoutExtension(path)[prefix.Length..];
            if (int.TryParse(digits, out int number))
                newest = Math.Max(newest, number);
        }
        return newest;
    }
}
