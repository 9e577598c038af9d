using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Raft;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Hosting;

public sealed class MembersNoteTests
{
    private const string FileName = "members";

    private static readonly Configuration Members = new(
        "ab".Select(id => new Member(new NodeId($"{id}"), 1, MemberKind.Voter, $"{id}:1", "")));

    private readonly MemoryStorage _storage = new();
    private readonly ManualClock _clock = new();

    [Fact]
    public void Members_that_could_not_be_written_down_are_written_when_there_is_room_again()
    {
        var note = new MembersNote(_storage, new InlineDiskExecutor(), _clock);
        _storage.CapacityBytes = 0;
        note.Look(5, Members);
        Assert.Empty(KnownMembers.Load(_storage));
        _storage.CapacityBytes = long.MaxValue;
        // Not at once: a disk that is full is not asked at each round of the loop.
        note.Look(5, Members);
        Assert.Empty(KnownMembers.Load(_storage));
        _clock.MonotonicMicros += 60_000_000;
        note.Look(5, Members);
        Assert.Equal(Members.Members, KnownMembers.Load(_storage));
    }

    [Fact]
    public void Members_that_are_written_down_are_not_written_again_before_they_change()
    {
        var note = new MembersNote(_storage, new InlineDiskExecutor(), _clock);
        note.Look(5, Members);
        _storage.Delete(FileName);
        note.Look(5, Members);
        Assert.False(_storage.Exists(FileName));
        note.Look(6, Members);
        Assert.Equal(Members.Members, KnownMembers.Load(_storage));
    }

    [Fact]
    public void A_damaged_file_of_members_names_nobody_and_is_written_anew()
    {
        KnownMembers.Store(_storage, Members);
        using (IStorageFile file = _storage.Open(FileName, writable: true))
        {
            byte[] bytes = new byte[file.Length];
            file.Read(0, bytes);
            for (int at = 0; at < bytes.Length; at++)
            {
                file.Write(at, [(byte)(bytes[at] ^ 0x10)]);
                Assert.Empty(KnownMembers.Load(_storage));
                file.Write(at, [bytes[at]]);
            }
            file.SetLength(3);
        }
        Assert.Empty(KnownMembers.Load(_storage));
        new MembersNote(_storage, new InlineDiskExecutor(), _clock).Look(1, Members);
        Assert.Equal(Members.Members, KnownMembers.Load(_storage));
    }
}
