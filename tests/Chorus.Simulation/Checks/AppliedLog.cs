using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Simulation.Clients;

namespace Chorus.Simulation.Checks;

/// <summary>
/// What was applied at each index, and what a store in memory that nothing ever happens to makes of it.
/// </summary>
internal sealed class AppliedLog(History history)
{
    private readonly Dictionary<ulong, (byte[] Command, Code Code, byte[] Answer, ulong Digest)> _applied = [];
    private readonly Dictionary<ulong, ulong> _sessions = [];
    private readonly List<(ulong Index, ulong Digest)> _digests = [(0, 0)];
    private readonly ArrayBufferWriter<byte> _answer = new();
    private readonly KvStateMachine _store = new();

    /// <summary>A replica applies a command: it must be the same as on every other.</summary>
    public void Begin(string node, ulong index, ReadOnlySpan<byte> command)
    {
        if (_applied.TryGetValue(index, out (byte[] Command, Code Code, byte[] Answer, ulong Digest) first))
        {
            if (!command.SequenceEqual(first.Command))
                throw new Violation("state machine safety", $"{node} applies another command {index} than others did");
            return;
        }
        _answer.ResetWrittenCount();
        Code code = _store.Apply(new LogIndex(index), 0, command, _answer);
        _applied.Add(index, (command.ToArray(), code, _answer.WrittenSpan.ToArray(), _store.Digest));
        _digests.Add((index, _store.Digest));
        history.NoteApplied(KvBytes.NumberOf(command), index, code, KvBytes.ValueOf(_answer.WrittenSpan));
    }

    /// <summary>A replica has made its state from a snapshot.</summary>
    public void Restored(string node, ulong index, ulong digest)
    {
        int at = _digests.Count - 1;
        while (_digests[at].Index > index)
            at--;
        if (_digests[at].Digest != digest)
            throw new Violation("a snapshot is the state at its index", $"{node} has another state at {index}");
    }

    /// <summary>A replica has applied it: with the right answer, and to the right state.</summary>
    public void End(string node, ulong index, Code code, ReadOnlySpan<byte> answer, ulong digest)
    {
        if (_applied[index] is var right
            && (code != right.Code || digest != right.Digest || !answer.SequenceEqual(right.Answer)))
            throw new Violation("state machine safety", $"{node} makes something else of {index} than the others do");
    }

    /// <summary>A replica has applied everything up to an index: its sessions must be those of every other.</summary>
    public void NoteSessions(string node, ulong index, ulong digest)
    {
        if (_sessions.TryAdd(index, digest) || _sessions[index] == digest)
            return;
        throw new Violation("sessions are replicated", $"{node} has other sessions at {index} than the others had");
    }
}
