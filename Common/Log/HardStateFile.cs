using System.Buffers.Binary;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Term, vote and commit in the file <c>hard-state</c>: two slots of 4096 bytes, each with magic u32, crc32c u32,
/// format u32, length of the vote u32, sequence u64, term u64, commit u64, vote (64 bytes, padded with zeros).
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
    private const int UsedBytes = 104;
    private const uint Magic = 0x5348_4331; // "1CHS"
    private const uint Format = 1;

    private readonly IStorageFile _file;
    private readonly byte[] _slot = new byte[SlotBytes];
    private ulong _sequence;

    private HardStateFile(IStorageFile file) => _file = file;

    /// <summary>What the file held when it was opened.</summary>
    public HardState Recovered { get; private set; }

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
        bool first = file.TryDecode(0, storage, out ulong firstSequence, out HardState firstState);
        bool second = file.TryDecode(1, storage, out ulong secondSequence, out HardState secondState);
        state = first && (!second || firstSequence >= secondSequence) ? firstState : secondState;
        return first || second;
    }

    /// <summary>Makes a state durable.</summary>
    public void Save(HardState state, bool sync = true)
    {
        _sequence++;
        Encode(state);
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
        bool first = TryDecode(0, storage, out ulong firstSequence, out HardState firstState);
        bool second = TryDecode(1, storage, out ulong secondSequence, out HardState secondState);
        if (!first && !second)
            throw LogDamage.File(storage, Name, "both copies of term and vote are damaged");
        bool useFirst = first && (!second || firstSequence >= secondSequence);
        (_sequence, Recovered) = useFirst ? (firstSequence, firstState) : (secondSequence, secondState);
        if (first && second && firstSequence == secondSequence)
            return null;
        int repaired = useFirst ? 1 : 0;
        Encode(Recovered);
        _file.Write(repaired * SlotBytes, _slot);
        _file.Sync();
        return $"{Path.Combine(storage.Location, Name)}, offset {repaired * SlotBytes}: a copy of term and vote was "
            + $"torn; repaired from the other one (term {Recovered.Term}).";
    }

    private void Encode(HardState state)
    {
        Span<byte> slot = _slot;
        slot.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(slot, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[8..], Format);
        int vote = Encoding.UTF8.GetBytes(state.VotedFor.Value ?? "", slot[40..UsedBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[12..], (uint)vote);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[16..], _sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[24..], state.Term.Value);
        BinaryPrimitives.WriteUInt64LittleEndian(slot[32..], state.Commit.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[4..], Crc32C.Compute(slot[8..UsedBytes]));
    }

    private bool TryDecode(int slotNumber, IStorage storage, out ulong sequence, out HardState state)
    {
        (sequence, state) = (0, HardState.Empty);
        Span<byte> slot = stackalloc byte[UsedBytes];
        if (_file.Read(slotNumber * SlotBytes, slot) < UsedBytes)
            return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(slot) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(slot[4..]) != Crc32C.Compute(slot[8..UsedBytes]))
            return false;
        uint format = BinaryPrimitives.ReadUInt32LittleEndian(slot[8..]);
        if (format > Format)
            throw LogDamage.File(storage, Name, $"format {format} was made by a newer Chorus, which must be used");
        int vote = (int)Math.Min(NodeId.LengthMax, BinaryPrimitives.ReadUInt32LittleEndian(slot[12..]));
        sequence = BinaryPrimitives.ReadUInt64LittleEndian(slot[16..]);
        state = new HardState(
            new Term(BinaryPrimitives.ReadUInt64LittleEndian(slot[24..])),
            new NodeId(Encoding.UTF8.GetString(slot.Slice(40, vote))),
            new LogIndex(BinaryPrimitives.ReadUInt64LittleEndian(slot[32..])));
        return true;
    }
}
