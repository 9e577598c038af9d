using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Cuts verified records by index.</summary>
internal static class RecordSlice
{
    /// <summary>The records <c>[from, until)</c> of records that start at another index.</summary>
    /// <param name="records">Whole, verified records.</param>
    /// <param name="first">Index of the first of them.</param>
    /// <param name="from">First index wanted.</param>
    /// <param name="until">Index behind the last one wanted.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> records, LogIndex first, LogIndex from, LogIndex until)
    {
        int start = 0;
        int end = -1;
        var reader = new RecordReader(records, first, verify: false);
        while (reader.Read())
        {
            if (reader.Header.Index == from)
                start = reader.Offset;
            if (reader.Header.Index == until)
                end = reader.Offset;
        }
        return end < 0 ? records[start..] : records[start..end];
    }
}
