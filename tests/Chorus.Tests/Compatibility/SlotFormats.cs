using System.Buffers;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.DiskStorage;

namespace Chorus.Tests.Compatibility;

/// <summary>A file of slots with its journals and the sessions in them, written with today's code.</summary>
internal static class SlotFormats
{
    public const string Directory = "diskstorage";
    public const int LastIndex = 8;
    public const ulong Session = 1;

    /// <summary>Writes the file: two checkpoints, so that both journals hold one.</summary>
    /// <returns>The state.</returns>
    public static (ulong Digest, ulong Sessions) Write(string folder)
    {
        System.IO.Directory.CreateDirectory(folder);
        using SlotStateMachine machine = SlotWork.Open(new PosixStorage(folder), LastIndex);
        var state = new ReplicatedState(machine, new SystemClock());
        var answers = new ArrayBufferWriter<byte>();
        (RecordKind Kind, byte[] Payload)[] history =
        [
            (RecordKind.Session, FormatsWriter.Change(SessionAction.Open, FormatsWriter.HundredYearsMicros, 16_384)),
            (RecordKind.Command, SlotWork.Set("1", "one")),
            (RecordKind.SessionCommand, FormatsWriter.InSession(Session, 1, 0, SlotWork.Increment("2", 5))),
            (RecordKind.Command, SlotWork.Set("3", "gone")),
            (RecordKind.SessionCommand, FormatsWriter.InSession(Session, 2, 1, SlotWork.Increment("2", 6))),
            (RecordKind.Command, SlotWork.Delete("3")),
            (RecordKind.SessionCommand, FormatsWriter.InSession(
                Session, 3, 2, SlotWork.CompareAndSet("1", "one", "two"))),
            (RecordKind.Command, SlotWork.Set("11", new string('x', SlotWork.Small.ValueBytesMax))),
        ];
        for (int i = 1; i <= history.Length; i++)
        {
            var index = new LogIndex((ulong)i);
            (RecordKind kind, byte[] payload) = history[i - 1];
            var header = new RecordHeader(payload.Length, index, new Term(1), 0, i * 1_000_000L, kind);
            Assert.Equal(Code.Ok, state.Apply(header, payload, answers).Code);
            machine.Applied(index, state.Sessions.Copy());
            if (i is 4 or LastIndex)
                machine.Checkpoint();
        }
        return (machine.Digest, state.Sessions.Digest);
    }
}
