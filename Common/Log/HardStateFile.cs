using System.Buffers.Binary;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Term, vote and commit in the file <c>hard-state</c>: two slots of 4096 bytes, each with magic u32, crc32c u32,
/// format u32, length of the vote u32, sequence u64, term u64, commit u64, vote (64 bytes, padded with zeros). Format 2
/// goes on with crc32c u32 of the rest, flags u32 (1: entries were lost), number of the newest segment u64.
/// </summary>
/// <remarks>
/// Every state is written to both slots, one after the other, each durable before the next is touched: a crash
/// tears one slot at most, and a slot that rots later does not take the vote with it. Used by the disk's thread.
/// </remarks>
internal sealed class HardStateFile : IDisposable
{
    public const string Name = "hard-state";
    private const string TempName = "hard-state.tmp";
    private const int SlotBytes = 4096;
    private const int BaseBytes = 104;
    private const int UsedBytes = 120;
    private const uint LostFlag = 1;
    private const uint Magic = 0x5348_4331; // "1CHS"
    private const uint BaseFormat = 1;
    private const uint Format = 2;

    private readonly IStorageFile _file;
    private readonly byte[] _slot = new byte[SlotBytes];
    private ulong _sequence;
    private HardState _state;

    private HardStateFile(IStorageFile file) => _file = file;

    /// <summary>What the file held when it was opened.</summary>
    public HardState Recovered { get; private set; }

    /// <summary>
    /// Number of the newest segment that was begun; 0 where that was never written down. If its file is gone, records
    /// are lost that stood at the end.
    /// </summary>
    public ulong NewestSegment { get; private set; }

    /// <summary>Opens the file, or makes it where there is none.</summary>
    /// <param name="storage">The directory.</param>
    /// <param name="note">Null, or a sentence on a slot that had to be repaired.</param>
    public static HardStateFile Open(IStorage storage, out string? note)
    {
        note = null;
        if (!storage.Exists(Name))
            Create(storage);
        var file = new HardStateFile(storage.Open(Name, writable: true)) { Recovered = HardState.Empty };
        try
        {
            note = file.Load(storage);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        return file;
    }

    /// <summary>Reads the newest state and changes nothing; another process may be writing.</summary>
    /// <param name="storage">The directory; it has the file.</param>
    /// <param name="state">The state.</param>
    /// <returns>False when both copies are damaged.</returns>
    public static bool TryRead(IStorage storage, out HardState state)
    {
        using var file = new HardStateFile(storage.Open(Name, writable: false));
        bool first = file.TryDecode(0, storage, out Slot firstSlot);
        bool second = file.TryDecode(1, storage, out Slot secondSlot);
        state = first && (!second || firstSlot.Sequence >= secondSlot.Sequence) ? firstSlot.State : secondSlot.State;
        return first || second;
    }

    /// <summary>Makes a state durable.</summary>
    public void Save(HardState state, bool sync = true)
    {
        _state = state;
        Write(sync);
    }

    /// <summary>Makes a state durable with which the node goes on instead of the one that was found.</summary>
    public void Recover(HardState state)
    {
        Save(state);
        Recovered = state;
    }

    /// <summary>Makes it durable that a segment was begun: before any record in it is counted on.</summary>
    public void NoteSegment(ulong sequence)
    {
        NewestSegment = Math.Max(NewestSegment, sequence);
        Write(sync: true);
    }

    /// <summary>
    /// Makes it durable that the log is removed for a snapshot: what says how far it reached no longer holds.
    /// </summary>
    public void NoteRemoval()
    {
        NewestSegment = 0;
        Recover(_state.HasLostEntries ? _state : _state with { Commit = LogIndex.Zero });
    }

    private void Write(bool sync)
    {
        _sequence++;
        Encode();
        for (int slot = 0; slot < 2; slot++)
        {
            _file.Write(slot * SlotBytes, _slot);
            if (sync)
                _file.Sync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static void Create(IStorage storage)
    {
        if (storage.Exists(TempName))
            storage.Delete(TempName);
        using (IStorageFile temp = storage.Create(TempName))
        {
            var file = new HardStateFile(temp);
            file.Save(HardState.Empty);
        }
        storage.Rename(TempName, Name);
        storage.SyncDirectory();
    }

    private string? Load(IStorage storage)
    {
        // What a killed process wrote may still be only in the page cache; nothing is counted on before this.
        _file.Sync();
        bool first = TryDecode(0, storage, out Slot firstSlot);
        bool second = TryDecode(1, storage, out Slot secondSlot);
        if (!first && !second)
            throw LogDamage.HardState(storage, "both copies of term and vote are damaged");
        bool useFirst = first && (!second || firstSlot.Sequence >= secondSlot.Sequence);
        Slot newest = useFirst ? firstSlot : secondSlot;
        (_sequence, _state, NewestSegment) = (newest.Sequence, newest.State, newest.NewestSegment);
        Recovered = _state;
        if (first && second && firstSlot.Sequence == secondSlot.Sequence)
            return null;
        int repaired = useFirst ? 1 : 0;
        Encode();
        _file.Write(repaired * SlotBytes, _slot);
        _file.Sync();
        return $"{Path.Combine(storage.Location, Name)}, offset {repaired * SlotBytes}: a copy of term and vote was "
            + $"torn; repaired from the other one (term {Recovered.Term}).";
    }

    private void Encode()
    {
        Span<byte> slot = _slot;
        slot.Clear();
        bool isExtended = NewestSegment > 0 || _state.HasLostEntries;
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], isExtended ? Format : BaseFormat);
        int vote = Encoding.UTF8.GetBytes(_state.VotedFor.Value ?? "", slot[40..BaseBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[12..], (uint)vote);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[16..], _sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[24..], _state.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[32..], _state.Commit.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Crc32C.Compute(slot[8..BaseBytes]));
        if (!isExtended)
            return;
        BinaryPrimitives.WriteUInt32LittleEndian(slot[108..], _state.HasLostEntries ? LostFlag : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[112..], NewestSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[104..], Crc32C.Compute(slot[108..UsedBytes]));
    }

    private bool TryDecode(int slotNumber, IStorage storage, out Slot found)
    {
        found = default;
        Span<byte> slot = stackalloc byte[UsedBytes];
        if (_file.Read(slotNumber * SlotBytes, slot) < UsedBytes)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) != Crc32C.Compute(slot[8..BaseBytes]))
            return false;
        uint format = BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]);
        if (format > Format)
            throw NewerVersion.File(storage, Name, format, Format);
        bool isExtended = format > BaseFormat;
        if (isExtended
            && BinaryPrimitives.ReadUInt32LittleEndian(slot[104..]) != Crc32C.Compute(slot[108..UsedBytes]))
            return false;
        int vote = (int)Math.Min(NodeId.LengthMax, BinaryPrimitives.ReadUInt32LittleEndian(slot[12..]));
        var state = new HardState(
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(slot[24..])),
            new NodeId(Encoding.UTF8.GetString(slot.Slice(40, vote))),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(slot[32..])),
            isExtended && (BinaryPrimitives.ReadUInt32LittleEndian(slot[108..]) & LostFlag) != 0);
        found = new Slot(
            BinaryPrimitives.ReadUInt64LittleEndian(slot[16..]), state,
            isExtended ? BinaryPrimitives.ReadUInt64LittleEndian(slot[112..]) : 0);
        return true;
    }

    private readonly record struct Slot(ulong Sequence, HardState State, ulong NewestSegment);
}
