using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>
/// What one observer has recorded in one data directory, over all its lives: a gapless part of the committed log, byte
/// for byte, that only grows.
/// </summary>
/// <param name="observer">Its name.</param>
/// <param name="committed">What was committed.</param>
internal sealed class ObserverWatch(string observer, CommittedLog committed)
{
    private ulong _checked;

    /// <summary>Last index that was ever durable here.</summary>
    public ulong Durable { get; private set; }

    /// <summary>First index that is kept.</summary>
    public ulong First { get; private set; } = 1;

    /// <summary>A process has recovered its record: it must still have whatever was durable.</summary>
    public void Started(RecordLog log)
    {
        ulong first = log.FirstIndex.Value;
        if (log.LastIndex.Value < Durable)
        {
            throw new Violation("an observer's record survives",
                $"{observer} had {Durable} durable and comes back with {log.LastIndex}");
        }
        // Files that were cut off may be there again after a loss of power.
        First = first;
        _checked = first - 1;
        if (log.Base.Chain != committed.At(_checked).Chain)
            throw new Violation("an observer records what was committed", $"{observer} begins after another record");
        AfterStep(log);
    }

    /// <summary>The process has done a round of work.</summary>
    public void AfterStep(RecordLog log)
    {
        ulong first = log.FirstIndex.Value;
        ulong last = log.LastIndex.Value;
        if (last < _checked)
            throw new Violation("an observer never goes back", $"{observer} had {_checked} and has {last}");
        if (first < First)
            throw new Violation("what was cut off stays away", $"{observer} has {first}, it had cut to {First}");
        First = first;
        if (last > committed.Last)
            throw new Violation("an observer has committed records", $"{observer} has {last}, {committed.Last} is");
        while (_checked < last)
            Check(log, last);
        if (log.DurableIndex.Value < Durable)
            throw new Violation("durable never falls", $"{observer} had {Durable} durable, has {log.DurableIndex}");
        Durable = log.DurableIndex.Value;
    }

    /// <summary>It tells others how far it is.</summary>
    public void Reported(RecordLog log, ulong index, ulong chain)
    {
        if (index > log.DurableIndex.Value)
        {
            throw new Violation("reported means durable",
                $"{observer} reports {index} while {log.DurableIndex} is durable");
        }
        if (index > 0 && chain != committed.At(index).Chain)
            throw new Violation("reported means durable", $"{observer} reports another record {index}");
    }

    private void Check(RecordLog log, ulong last)
    {
        LogIndex from = new(_checked + 1);
        var reader = new RecordReader(log.Read(from, new LogIndex(last + 1), out _), from, verify: true);
        while (reader.Read())
        {
            LogEntry entry = new(reader.Header.Term.Value, reader.Header.Chain);
            if (committed.At(++_checked) != entry)
            {
                throw new Violation("an observer records what was committed",
                    $"{observer} has another record {_checked} of term {entry.Term} than was committed");
            }
        }
        if (reader.Error is { } error)
            throw new Violation("records are whole", $"{observer}, record {_checked + 1}: {error}");
    }
}
