using System.Buffers.Binary;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Common.Replica;
using Chorus.Tests.DiskStorage;
using Chorus.Tests.Log;

namespace Chorus.Tests.Compatibility;

/// <summary>Files of slots that earlier versions have written, and those that newer ones would have.</summary>
public sealed class SlotFormatsTests : IDisposable
{
    private const string Journal = "slots.journal0";

    private readonly TemporaryDirectory _folder = new();

    public static IEnumerable<object[]> Stored => StoredFormatsTests.Stored;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Stored))]
    public void A_stored_file_of_slots_holds_its_state_and_its_sessions(int number)
    {
        string folder = StoredFormats.Copy(number, SlotFormats.Directory, _folder.Path);
        using SlotStateMachine machine = SlotWork.Open(new PosixStorage(folder), SlotFormats.LastIndex);
        Assert.Equal((ulong)SlotFormats.LastIndex, machine.RestoredIndex.Value);
        Assert.Equal(StoredFormats.Expected(number, "slots"), $"{machine.Digest:x16}");
        Assert.Equal(("two", "11"), (SlotWork.Value(machine, "1"), SlotWork.Value(machine, "2")));
        Assert.Equal("NotFound", SlotWork.Value(machine, "3"));
        SessionTable sessions = machine.RestoredSessions();
        Assert.Equal(StoredFormats.Expected(number, "slots-sessions"), $"{sessions.Digest:x16}");
        sessions.Find(new SessionEnvelope(SlotFormats.Session, 2, 1), 0, out KeptAnswer kept);
        Assert.Equal((Code.Ok, 5ul), (kept.Code, kept.Index.Value));
    }

    [Theory]
    [InlineData("file", SlotFile.DefaultName, "format 3", "up to 2")]
    [InlineData("journal", Journal, "format 2", "up to 1")]
    [InlineData("sessions", Journal, "sessions of format 2", "up to 1")]
    public void A_newer_one_is_refused_and_left_as_it_is(string what, string name, string found, string known)
    {
        string folder = StoredFormats.Copy(StoredFormats.Newest, SlotFormats.Directory, _folder.Path);
        NewerData.Change(Path.Combine(folder, name), bytes => Raise(what, bytes));
        SortedDictionary<string, byte[]> before = StoredFormats.Files(folder);
        var refused = Assert.Throws<SlotFileException>(
            () => SlotWork.Open(new PosixStorage(folder), SlotFormats.LastIndex));
        foreach (string part in (string[])[Path.Combine(folder, name), found, known, "made by a newer Chorus"])
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.Contains("Install that version again", refused.Cure, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Failed, CommandErrors.Explain(refused).ExitCode);
        Assert.All(StoredFormats.Files(folder), one => Assert.Equal(before[one.Key], one.Value));
    }

    private static void Raise(string what, byte[] bytes)
    {
        if (what == "file")
        {
            for (int at = 0; at < 2 * SlotSuperblock.BlockBytes; at += SlotSuperblock.BlockBytes)
            {
                bytes[at + 8] = 3;
                Seal(bytes.AsSpan(at), 88);
            }
            return;
        }
        const int headerBytes = 96;
        if (what == "journal")
            bytes[8] = 2;
        else
        {
            int slots = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(80));
            int sessions = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(88));
            bytes[headerBytes + slots] = 2;
            BinaryPrimitives.WriteUInt32LittleEndian(
                bytes.AsSpan(12), Crc32C.Compute(bytes.AsSpan(headerBytes, slots + sessions)));
        }
        Seal(bytes, headerBytes);
    }

    private static void Seal(Span<byte> block, int usedBytes) =>
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], Crc32C.Compute(block[8..usedBytes]));
}
