using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>The answer to a command of a session, kept for the case that the client asks again.</summary>
/// <param name="Sequence">Number of the command in its session.</param>
/// <param name="Index">Index of its entry.</param>
/// <param name="Code">How it ended.</param>
/// <param name="Payload">What the state machine answered; null while the command is under way.</param>
public readonly record struct KeptAnswer(ulong Sequence, LogIndex Index, Code Code, byte[]? Payload)
{
    /// <summary>Whether the command has not been applied yet.</summary>
    public bool IsPending => Payload is null;

    /// <summary>What it counts in <see cref="SessionTable.AnswerBytes"/>.</summary>
    public int Bytes => Payload is null ? 0 : SessionLimits.AnswerOverheadBytes + Payload.Length;

    /// <summary>Its share of the digest; 0 while it is pending.</summary>
    public ulong Hash(ulong session)
    {
        if (Payload is null)
            return 0;
        ulong h = RecordCodec.Step(RecordCodec.Step(session, Sequence), Index.Value);
        h = RecordCodec.Step(h, (ulong)(uint)Payload.Length << 32 | (uint)Code);
        return Payload.Length == 0 ? h : RecordCodec.EndChain(h, Payload);
    }
}
