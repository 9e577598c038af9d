using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>What makes a batch of records from outside believable.</summary>
internal static class FeedBatch
{
    /// <summary>Verifies every record of a message of the feed.</summary>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Verify(in FeedHeader header, ReadOnlySpan<byte> records, out RecordHeader last)
    {
        var reader = new RecordReader(records, header.First, verify: true);
        uint count = 0;
        while (reader.Read())
            count++;
        last = reader.Header;
        if (reader.Error is { } error)
            return error;
        if (count != header.Count || count == 0)
            return $"{count} records came where {header.Count} were announced";
        if (last.Index > header.Commit)
            return $"it sends index {last.Index}, but says that {header.Commit} is the last one committed";
        return last.Term > header.Term ? $"it sends term {last.Term}, but says that it is in {header.Term}" : null;
    }

    /// <summary>Whether the first of verified records may stand behind another one.</summary>
    /// <returns>Null, or what is wrong.</returns>
    public static string? Continues(ReadOnlySpan<byte> records, in RecordHeader previous) =>
        RecordCheck.Continues(records[..(int)RecordCodec.Length(records)], previous);

    /// <summary>Headers of the first and the last of verified records.</summary>
    public static void Ends(ReadOnlySpan<byte> records, out RecordHeader first, out RecordHeader last)
    {
        first = last = RecordCodec.Header(records);
        int at = last.RecordLength;
        while (at < records.Length)
        {
            last = RecordCodec.Header(records[at..]);
            at += last.RecordLength;
        }
    }

    /// <summary>Drops verified records that are there already.</summary>
    /// <param name="first">Index of the first one; not behind the position.</param>
    /// <param name="position">Header of the last record that is there.</param>
    /// <param name="isChainKnown">Whether its chain is known.</param>
    /// <param name="records">Verified; reach beyond the position.</param>
    /// <returns>Null, or how the log they come from differs.</returns>
    public static string? Trim(
        LogIndex first, in RecordHeader position, bool isChainKnown, ref ReadOnlySpan<byte> records)
    {
        while (first <= position.Index)
        {
            RecordHeader header = RecordCodec.Header(records);
            if (first == position.Index && isChainKnown && header.Chain != position.Chain)
                return $"its record {first} is another one: the chains differ";
            records = records[header.RecordLength..];
            first = first.Next;
        }
        return null;
    }
}
