using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Every record of a range, as it stands in the log.</summary>
internal sealed class LogServing : Serving
{
    private readonly string _id;
    private readonly LogReader _reader;
    private readonly LogIndex _until;
    private readonly int _chunkBytes;
    private LogIndex _next;
    private ulong _chain;

    /// <param name="id">Name of the source.</param>
    /// <param name="reader">Reads its log.</param>
    /// <param name="first">First index, not before what is kept.</param>
    /// <param name="until">Index behind the last one; what is not there yet is waited for.</param>
    /// <param name="chain">Chain of the record before the first.</param>
    /// <param name="chunkBytes">Most bytes of a chunk.</param>
    public LogServing(string id, LogReader reader, LogIndex first, LogIndex until, ulong chain, int chunkBytes)
    {
        _id = id;
        _reader = reader;
        _next = first;
        _until = until;
        _chain = chain;
        _chunkBytes = chunkBytes;
    }

    public override LogIndex Position => _next;

    public override bool IsComplete => _next >= _until;

    public override LogIndex Pinned => _next;

    public override ServingStep Step(
        LogExtent extent, long heldBytesMax, scoped ref TransferHeader header, out ReadOnlySpan<byte> body)
    {
        body = default;
        StepBytes = 0;
        LogIndex until = LogIndex.Min(_until, extent.Limit.Index.Next);
        header = header with { First = _next, Until = _next, Chain = _chain };
        if (IsComplete)
            return ServingStep.End;
        if (_next >= until)
            return ServingStep.Waiting;
        if (_next >= extent.First)
            body = _reader.Read(extent, _next, until, _chunkBytes, out until);
        if (body.IsEmpty)
        {
            Refusal = Refusal.NoLongerKept(_id, _next, extent);
            return ServingStep.Refused;
        }
        header = header with { Until = until, Count = (uint)(until - _next) };
        _next = until;
        _chain = LastChain(body);
        StepBytes = body.Length;
        return ServingStep.Chunk;
    }

    private static ulong LastChain(ReadOnlySpan<byte> records)
    {
        while (true)
        {
            int length = (int)RecordCodec.Length(records);
            if (length == records.Length)
                return RecordCodec.Header(records).Chain;
            records = records[length..];
        }
    }
}
