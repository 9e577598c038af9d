using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>
/// A chunk of verified records in a buffer of its own, which whoever took it may read on any thread until it is given
/// back.
/// </summary>
public sealed class FetchedRecords
{
    internal FetchedRecords(byte[] buffer) => Buffer = buffer;

    /// <summary>Index of the first record; with compact content, the first index that the chunk speaks for.</summary>
    public LogIndex First { get; internal set; }

    /// <summary>Index behind the last one that the chunk speaks for.</summary>
    public LogIndex Until { get; internal set; }

    /// <summary>Header of the last record.</summary>
    public RecordHeader Last { get; internal set; }

    /// <summary>Of a piece of an image: where it belongs in the file.</summary>
    public long Offset { get; internal set; }

    /// <summary>The records as they stand in the log, or a piece of an image.</summary>
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    internal byte[] Buffer { get; private set; }

    internal int Length { get; private set; }

    internal Stripe? Stripe { get; set; }

    internal int Opening { get; set; }

    /// <summary>Copies records in; the buffer grows where a single record is longer.</summary>
    internal void Fill(ReadOnlySpan<byte> records)
    {
        if (records.Length > Buffer.Length)
            Buffer = GC.AllocateUninitializedArray<byte>(records.Length);
        records.CopyTo(Buffer);
        Length = records.Length;
    }
}
