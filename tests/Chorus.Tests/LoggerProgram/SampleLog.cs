using System.Buffers;
using System.Text;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.LoggerProgram;

/// <summary>Logs on disk for the tools to look at.</summary>
internal static class SampleLog
{
    public const long StartMicros = 1_700_000_000_000_000;

    private static readonly LogOptions Options = LogTestOptions.Small;

    /// <summary>
    /// A configuration, a no-op, then commands: sets of <c>key/1</c>, <c>key/2</c>, ..., every tenth a delete. A second
    /// of the leader's clock passes with each. Term 2 from record 51 on.
    /// </summary>
    public static void Write(string folder, int records, ulong commit = 0, string value = "value")
    {
        using var driver = new LogDriver(new PosixStorage(folder), Options);
        driver.Log.SaveHardState(new HardState(new Term(2), new NodeId("n1"), new LogIndex(commit)));
        for (int index = (int)driver.Log.LastIndex.Value + 1; index <= records; index++)
        {
            (RecordKind kind, byte[] payload) = index switch
            {
                1 => (RecordKind.Configuration, ConfigurationCodec.Encode(new Configuration(
                    [new Chorus.Raft.Member(new NodeId("n1"), 7, MemberKind.Voter, "h:1", "h:2")]))),
                2 => (RecordKind.NoOp, []),
                _ => (RecordKind.Command, Command(index, value)),
            };
            driver.Log.Append(
                new Term(index <= 50 ? 1ul : 2ul), kind, StartMicros + index * 1_000_000L, payload);
            if (index % 3 == 0)
                Assert.True(driver.Settle());
        }
        Assert.True(driver.Settle());
    }

    /// <summary>The files with records, by name.</summary>
    public static string[] Segments(string folder) =>
        [.. Directory.GetFiles(folder, "segment-*.log").Order(StringComparer.Ordinal)];

    /// <summary>Changes a byte.</summary>
    public static void Damage(string file, long offset)
    {
        using FileStream stream = File.Open(file, FileMode.Open);
        stream.Position = offset;
        int old = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(old ^ 0x40));
    }

    private static byte[] Command(int index, string value)
    {
        var output = new ArrayBufferWriter<byte>();
        bool isDelete = index % 10 == 0;
        KvCommandView.Write(
            output, isDelete ? KvCommand.Types.Operation.Delete : KvCommand.Types.Operation.Set,
            Encoding.UTF8.GetBytes($"key/{index}"), isDelete ? default : Encoding.UTF8.GetBytes($"{value} {index}"));
        return output.WrittenSpan.ToArray();
    }
}
