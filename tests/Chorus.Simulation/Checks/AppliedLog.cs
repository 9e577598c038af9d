using Chorus.Common.Protocol;
using Chorus.Simulation.Clients;

namespace Chorus.Simulation.Checks;

/// <summary>What was applied at each index, by whoever applied it first.</summary>
internal sealed class AppliedLog(History history)
{
    private readonly Dictionary<ulong, (byte[] Command, Code Code, ulong Digest)> _applied = [];

    /// <summary>
    /// A replica has applied a command: it must be the same as on every other, with the same answer and state.
    /// </summary>
    public void Note(string node, ulong index, ReadOnlySpan<byte> command, Code code, ulong digest)
    {
        if (_applied.TryGetValue(index, out (byte[] Command, Code Code, ulong Digest) first))
        {
            if (!command.SequenceEqual(first.Command) || code != first.Code || digest != first.Digest)
                throw new Violation("state machine safety",
                    $"{node} applies something else at {index} than others did");
            return;
        }
        _applied.Add(index, (command.ToArray(), code, digest));
        history.NoteApplied(KvBytes.NumberOf(command), index, code);
    }
}
