using Chorus.Common.Feed;
using Chorus.Common.Log;

namespace Chorus.Simulation.Checks;

/// <summary>What one process publishes: committed records and nothing else, each once (trap 24).</summary>
/// <param name="publisher">The machine that publishes.</param>
/// <param name="cluster">The cluster that it belongs to.</param>
internal sealed class FeedWatch(string publisher, Guid cluster)
{
    private readonly List<(byte[] Header, byte[] Records)> _published = [];
    private ulong _until;

    /// <summary>A message leaves. It is looked at after the step, when it is known what was committed in it.</summary>
    public void Note(byte[] header, byte[] records) => _published.Add((header, records));

    /// <summary>The process has done a round of work.</summary>
    /// <param name="committed">What is committed.</param>
    /// <param name="limit">What this publisher may speak of.</param>
    public void AfterStep(CommittedLog committed, ulong limit)
    {
        foreach ((byte[] bytes, byte[] records) in _published)
        {
            if (!FeedHeader.TryDecode(bytes, out FeedHeader header) || header.ClusterId != cluster)
                throw new Violation("the feed is well-formed", $"{publisher} publishes a header that is none");
            if (header.Commit.Value > limit)
            {
                throw new Violation("only committed records are published",
                    $"{publisher} says that {header.Commit} is committed, {limit} is");
            }
            if (header.Kind == FeedMessageKind.Batch)
                CheckBatch(header, records, committed);
            else if (header.Kind == FeedMessageKind.Key)
                CheckRecords(header, records, committed);
        }
        _published.Clear();
    }

    private void CheckBatch(FeedHeader header, byte[] records, CommittedLog committed)
    {
        ulong first = header.First.Value;
        if (first < _until)
            throw new Violation("each record is published once", $"{publisher} publishes {first} again");
        if (header.PreviousChain != committed.At(first - 1).Chain)
            throw new Violation("the feed is well-formed", $"{publisher}: not the chain of record {first - 1}");
        _until = first + CheckRecords(header, records, committed);
    }

    private ulong CheckRecords(FeedHeader header, byte[] records, CommittedLog committed)
    {
        var reader = new RecordReader(records, header.First, verify: true);
        uint count = 0;
        while (reader.Read())
        {
            count++;
            LogEntry entry = new(reader.Header.Term.Value, reader.Header.Chain);
            if (committed.At(reader.Header.Index.Value) != entry)
            {
                throw new Violation("only committed records are published",
                    $"{publisher} publishes record {reader.Header.Index} of term {entry.Term}, which is not committed");
            }
        }
        if (reader.Error is not null || count != header.Count)
            throw new Violation("the feed is well-formed", $"{publisher}: {count} of {header.Count} records");
        return count;
    }
}
