using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>The core's picture of records that came from a leader.</summary>
public static class RecordRange
{
    /// <summary>Verifies records and describes them by terms and configurations.</summary>
    /// <param name="records">Whole records back to back, from anybody.</param>
    /// <param name="previous">Index before the first one.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="error">What is wrong, when null is returned.</param>
    public static EntryRange? TryRead(ReadOnlySpan<byte> records, LogIndex previous, ulong count, out string? error)
    {
        error = null;
        if (previous.Value == ulong.MaxValue)
        {
            error = "the previous index is out of range";
            return null;
        }
        if (records.IsEmpty && count == 0)
            return EntryRange.EmptyAt(previous.Next);
        var runs = new List<TermRun>(1);
        List<ConfigurationEntry>? configurations = null;
        var reader = new RecordReader(records, previous.Next, verify: true);
        ulong read = 0;
        while (reader.Read())
        {
            read++;
            RecordHeader header = reader.Header;
            if (runs.Count == 0 || runs[^1].Term != header.Term)
                runs.Add(new TermRun(header.Index, header.Term));
            if (header.Kind != RecordKind.Configuration)
                continue;
            if (!ConfigurationCodec.TryDecode(reader.Payload, out Configuration? configuration, out string why))
            {
                error = $"entry {header.Index} cannot be read: {why}";
                return null;
            }
            (configurations ??= []).Add(new ConfigurationEntry(header.Index, configuration));
        }
        error = reader.Error ?? (read == count ? null : $"{read} records where {count} were announced");
        return error is null
            ? new EntryRange(previous.Next, previous.Next + count, runs, configurations ?? [])
            : null;
    }
}
