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
    private readonly Dictionary<ulong, (byte[] Command, Code Code, ulong Digest)> _applied = [];
    private readonly ArrayBufferWriter<byte> _answer = new();
    private readonly KvStateMachine _store = new();

    /// <summary>A replica applies a command: it must be the same as on every other.</summary>
    public void Begin(string node, ulong index, ReadOnlySpan<byte> command)
    {
        if (_applied.TryGetValue(index, out (byte[] Command, Code Code, ulong Digest) first))
        {
            if (!command.SequenceEqual(first.Command))
                throw new Violation("state machine safety", $"{node} applies another command {index} than others did");
            return;
        }
        _answer.ResetWrittenCount();
        Code code = _store.Apply(new LogIndex(index), 0, command, _answer);
        _applied.Add(index, (command.ToArray(), code, _store.Digest));
        history.NoteApplied(KvBytes.NumberOf(command), index, code);
    }

    /// <summary>A replica has applied it: with the right answer, and to the right state.</summary>
    public void End(string node, ulong index, Code code, ulong digest)
    {
        if (_applied[index] is var right && (code != right.Code || digest != right.Digest))
            throw new Violation("state machine safety", $"{node} makes something else of {index} than the others do");
    }
}
