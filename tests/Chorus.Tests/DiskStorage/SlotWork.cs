using System.Buffers;
using System.Globalization;
using System.Text;
using Chorus.Common.Client;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Operation = Chorus.Common.Protocol.KvCommand.Types.Operation;

namespace Chorus.Tests.DiskStorage;

/// <summary>Commands for slots, and what a key-value store in memory makes of them.</summary>
internal static class SlotWork
{
    public static readonly SlotGeometry Small = new(12, 512);

    public static readonly SlotFileOwner Owner = new(
        Small, new Guid("5107f11e-0000-4000-8000-000000000001"), 77, IsVolatile: false);

    public static byte[] Set(string key, string value) => Command(Operation.Set, key, value);

    public static byte[] Delete(string key) => Command(Operation.Delete, key, "");

    public static byte[] Get(string key) => Command(Operation.Get, key, "");

    public static byte[] Increment(string key, long delta) =>
        KvClient.EncodeIncrement(Encoding.UTF8.GetBytes(key), delta);

    public static byte[] CompareAndSet(string key, string? expected, string value) => KvClient.EncodeCompareAndSet(
        Encoding.UTF8.GetBytes(key),
        expected is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(expected),
        Encoding.UTF8.GetBytes(value));

    public static byte[] Random(Random random)
    {
        string key = random.Next((int)Small.Slots).ToString(CultureInfo.InvariantCulture);
        return random.Next(8) switch
        {
            0 => Delete(key),
            5 => Increment(key, random.Next(-9, 99)),
            6 => Set(key, random.Next(99).ToString(CultureInfo.InvariantCulture)),
            7 => CompareAndSet(
                key, random.Next(2) == 0 ? null : "7", new string('c', random.Next(Small.ValueBytesMax))),
            1 when random.Next(4) == 0 => Set("no number", "x"),
            _ => Set(key, new string((char)random.Next('a', 'z'), random.Next(Small.ValueBytesMax + 1))),
        };
    }

    /// <summary>Digests after each of some commands, index 0 first, by the state machine that knows no disk.</summary>
    public static List<ulong> Digests(IEnumerable<byte[]> commands)
    {
        var store = new KvStateMachine();
        var refusing = new SlotStateMachine(SlotFile.Open(new MemoryStorage(), "slots", Owner), LogIndex.Zero);
        List<ulong> digests = [0];
        foreach (byte[] command in commands)
        {
            if (refusing.Validate(command, out _) == Code.Ok)
                store.Apply(new LogIndex((ulong)digests.Count), 0, command, new ArrayBufferWriter<byte>());
            digests.Add(store.Digest);
        }
        return digests;
    }

    public static SlotStateMachine Open(IStorage storage, ulong end, IDiskExecutor? executor = null) => new(
        SlotFile.Open(storage, SlotFile.DefaultName, Owner), new LogIndex(end),
        new SlotStateMachineOptions { CheckpointBytes = 4 * 512, Executor = executor });

    public static string Value(SlotStateMachine machine, string key)
    {
        var answer = new ArrayBufferWriter<byte>();
        Code code = machine.Query(Get(key), answer, out string message);
        return code == Code.Ok ? Encoding.UTF8.GetString(answer.WrittenSpan) : $"{code} {message}".Trim();
    }

    private static byte[] Command(Operation operation, string key, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        KvCommandView.Write(output, operation, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        return output.WrittenSpan.ToArray();
    }
}
