using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// What one process has in its log, kept beside it: term and chain value of every entry. A chain value covers the
/// whole log before it, so one comparison compares everything up to there.
/// </summary>
internal sealed class LogMirror
{
    private readonly List<LogEntry> _entries = [];

    /// <summary>The index that its log began behind; what stood before is known to be committed, and no more.</summary>
    public ulong Base { get; private set; }

    /// <summary>Last index.</summary>
    public ulong Last => (ulong)_entries.Count;

    /// <summary>Index of the last configuration; 0 when there is none.</summary>
    public ulong LastConfiguration => ConfigurationIndexes.Count == 0 ? 0 : ConfigurationIndexes[^1];

    /// <summary>Where configurations stand, rising.</summary>
    public List<ulong> ConfigurationIndexes { get; } = [];

    /// <summary>An entry; the empty one where there is none.</summary>
    public LogEntry At(ulong index) =>
        index == 0 || index > Last ? default : _entries[(int)index - 1];

    /// <summary>Whether this log has the same entries up to an index as another one.</summary>
    public bool Agrees(ulong index, LogEntry other) => index < Base || (index <= Last && At(index) == other);

    /// <summary>A log has been recovered that begins behind a snapshot.</summary>
    /// <param name="log">The log.</param>
    /// <param name="configuration">Index of the configuration of the snapshot; 0 when there is none.</param>
    public void Begin(RecordLog log, ulong configuration)
    {
        Base = log.Base.Index.Value;
        for (ulong index = 1; index <= Base; index++)
            _entries.Add(index == Base ? new LogEntry(log.Base.Term.Value, log.Base.Chain) : default);
        if (configuration > 0 && configuration <= Base)
            ConfigurationIndexes.Add(configuration);
    }

    /// <summary>Brings the mirror up to date.</summary>
    /// <param name="log">The log.</param>
    /// <param name="dropped">Takes entries that the log no longer has.</param>
    public void Follow(RecordLog log, Action<ulong, LogEntry> dropped)
    {
        ulong last = log.LastIndex.Value;
        ulong shared = Math.Min(Last, last);
        if (shared == last && At(shared).Chain == log.LastChain && Last == last)
            return;
        // What was cut off is committed and does not change.
        while (shared >= log.FirstIndex.Value && ReadEntry(log, shared) != At(shared))
            shared--;
        for (ulong index = Last; index > shared; index--)
        {
            dropped(index, At(index));
            _entries.RemoveAt(_entries.Count - 1);
        }
        while (LastConfiguration > shared)
            ConfigurationIndexes.RemoveAt(ConfigurationIndexes.Count - 1);
        while (Last < last)
            ReadOn(log, last);
        if (At(last).Chain != log.LastChain)
            throw new Violation("the log agrees with itself",
                $"its last chain value is not that of its last record {last}");
    }

    private static LogEntry ReadEntry(RecordLog log, ulong index)
    {
        LogIndex from = new(index);
        var reader = new RecordReader(log.Read(from, from.Next, out _), from, verify: true);
        if (!reader.Read())
            throw new Violation("records are whole", $"entry {index} cannot be read: {reader.Error}");
        return new LogEntry(reader.Header.Term.Value, reader.Header.Chain);
    }

    private void ReadOn(RecordLog log, ulong last)
    {
        LogIndex from = new(Last + 1);
        var reader = new RecordReader(log.Read(from, new LogIndex(last + 1), out _), from, verify: true);
        while (reader.Read())
        {
            LogEntry entry = new(reader.Header.Term.Value, reader.Header.Chain);
            if (entry.Term < At(Last).Term)
                throw new Violation("terms rise along a log",
                    $"entry {Last + 1} has term {entry.Term} after {At(Last).Term}");
            _entries.Add(entry);
            if (reader.Header.Kind == RecordKind.Configuration)
                ConfigurationIndexes.Add(Last);
        }
        if (reader.Error is { } error)
            throw new Violation("records are whole", $"entry {Last + 1}: {error}");
    }
}
