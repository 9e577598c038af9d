using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Simulation.Checks;

/// <summary>The production state machine, and beside it what every replica applied at each index.</summary>
internal sealed class CheckedStateMachine(string node, AppliedLog log, IStateMachine inner) : IStateMachine
{
    private readonly ArrayBufferWriter<byte> _answer = new();
    private ulong _last = inner.RestoredIndex.Value;
    private long _lastTimeMicros;

    public ulong Digest => inner.Digest;

    public LogIndex RestoredIndex => inner.RestoredIndex;

    public Code Validate(ReadOnlySpan<byte> command, out string message) => inner.Validate(command, out message);

    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response)
    {
        if (index.Value <= _last || timeMicros < _lastTimeMicros)
            throw new Violation("applied in order", $"{node} applies {index} after {_last}");
        (_last, _lastTimeMicros) = (index.Value, timeMicros);
        log.Begin(node, index.Value, command);
        _answer.ResetWrittenCount();
        Code code = inner.Apply(index, timeMicros, command, _answer);
        response.Write(_answer.WrittenSpan);
        log.End(node, index.Value, code, _answer.WrittenSpan, Digest);
        return code;
    }

    public int ExpectsAhead => inner.ExpectsAhead;

    public void Expect(ReadOnlySpan<byte> command) => inner.Expect(command);

    public void Applied(LogIndex index, SessionTable sessions) => inner.Applied(index, sessions);

    public SessionTable RestoredSessions() => inner.RestoredSessions();

    public bool HasRoom => inner.HasRoom;

    public IStateSnapshot? BeginSnapshot() => inner.BeginSnapshot();

    public void Restore(LogIndex index, SnapshotRestore snapshot)
    {
        inner.Restore(index, snapshot);
        log.Restored(node, index.Value, Digest);
        _last = index.Value;
    }

    public Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message) =>
        inner.Query(query, response, out message);
}
