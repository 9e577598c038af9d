using System.Text;
using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>Reads a log through what its owner shows of it.</summary>
internal static class LogReading
{
    /// <summary>Terms and payloads from an index to the extent's last, each verified once more.</summary>
    public static List<string> All(LogReader reader, LogExtent extent, LogIndex from, int bytesMax)
    {
        var payloads = new List<string>();
        while (from <= extent.Limit.Index)
        {
            ReadOnlySpan<byte> bytes = reader.Read(
                extent, from, extent.Limit.Index.Next, bytesMax, out LogIndex until);
            Assert.True(until > from);
            var records = new RecordReader(bytes, from, verify: true);
            while (records.Read())
                payloads.Add(Text(records));
            Assert.Null(records.Error);
            Assert.Equal(until, records.Header.Index.Next);
            from = until;
        }
        return payloads;
    }

    public static string Text(in RecordReader record) =>
        $"{record.Header.Term}:{Encoding.UTF8.GetString(record.Payload)}";
}
