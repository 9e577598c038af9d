using System.Buffers;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Raft;

namespace Chorus.Tests.Replica;

/// <summary>A state machine that takes everything, keeps nothing, and answers with nothing.</summary>
internal class EmptyMachine : IStateMachine
{
    public ulong Digest => 0;

    public Code Validate(ReadOnlySpan<byte> command, out string message)
    {
        message = "";
        return Code.Ok;
    }

    public Code Apply(LogIndex index, long timeMicros, ReadOnlySpan<byte> command, IBufferWriter<byte> response) =>
        Code.Ok;

    public virtual Code Query(ReadOnlySpan<byte> query, IBufferWriter<byte> response, out string message)
    {
        message = "";
        return Code.Ok;
    }

    public virtual void Restore(LogIndex index, SnapshotRestore snapshot)
    {
        while (snapshot.TryRead(out _))
        {
        }
    }
}
