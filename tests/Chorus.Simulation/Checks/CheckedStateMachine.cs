using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>The production state machine, and beside it what every replica applied at each index.</summary>
internal sealed class CheckedStateMachine(string node, AppliedLog log) : IStateMachine
{
    private readonly KvStateMachine _inner = new();
    private ulong _last;
    private long _lastTimeMicros;

    public ulong Digest => _inner.Digest;

    public Code Validate(ReadOnlySpan<byte> command, out string message) => _inner.Validate(command, out message);

    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
    {
        if (index.Value <= _last || timeMicros < _lastTimeMicros)
            throw new Violation("applied in order", $"{node} applies {index} after {_last}");
        (_last, _lastTimeMicros) = (index.Value, timeMicros);
        Code code = _inner.Apply(index, timeMicros, command, response);
        log.Note(node, index.Value, command, code, Digest);
        return code;
    }

    public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message) =>
        _inner.Query(query, response, out message);
}
