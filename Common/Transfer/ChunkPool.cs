namespace Chorus.Common.Transfer;

/// <summary>Buffers of chunks that are used again and again.</summary>
/// <param name="chunkBytes">Size of a buffer; one that had to grow for a long record stays so.</param>
/// <param name="chunksMax">Most buffers that are kept.</param>
internal sealed class ChunkPool(int chunkBytes, int chunksMax)
{
    private readonly Stack<FetchedRecords> _free = new();

    /// <summary>Copies records into a buffer.</summary>
    public FetchedRecords Fill(ReadOnlySpan<byte> records)
    {
        FetchedRecords chunk = _free.TryPop(out FetchedRecords? pooled)
            ? pooled
            : new FetchedRecords(GC.AllocateUninitializedArray<byte>(chunkBytes));
        chunk.Fill(records);
        return chunk;
    }

    public void Return(FetchedRecords chunk)
    {
        chunk.Stripe = null;
        if (_free.Count < chunksMax)
            _free.Push(chunk);
    }
}
