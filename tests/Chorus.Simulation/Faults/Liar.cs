using System.Buffers.Binary;
using Chorus.Common.Feed;
using Chorus.Common.Log;
using Chorus.Common.Transfer;
using Chorus.Simulation.World;

namespace Chorus.Simulation.Faults;

/// <summary>
/// Changes messages of feed and Transfer on their way: garbage, flipped bits, shifted indexes, wrong chains, messages
/// of another cluster, old ones again. Whatever it makes up can be told from the truth by cluster, index, checksum and
/// chain; so none of it may ever be recorded.
/// </summary>
/// <param name="chance">How many of the messages it changes.</param>
internal sealed class Liar(double chance)
{
    private const int RememberedMax = 64;
    private const int ClusterAt = 8;
    private const int FeedFirstAt = 32;
    private const int FeedCommitAt = 40;
    private const int FeedChainAt = 48;
    private const int TransferLimitAt = 56;

    private readonly Dictionary<int, List<byte[][]>> _remembered = [];

    /// <summary>Lies told.</summary>
    public long Told { get; private set; }

    /// <summary>What arrives instead of a message; itself more often than not.</summary>
    public byte[][] Change(byte[][] frames, SeededRandom random)
    {
        Remember(frames, random);
        if (!random.Chance(chance))
            return frames;
        Told++;
        int header = frames.Length - 2;
        byte[][] lie = [.. frames.Select(frame => (byte[])frame.Clone())];
        switch (random.Next(7))
        {
            case 0:
                return [.. frames.Select(frame => Garbage(random.Next(frame.Length + 80), random))];
            case 1:
                FlipBit(random.Chance(0.5) ? lie[header] : lie[^1], random);
                return lie;
            case 2:
                lie[^1] = lie[^1][..random.Next(lie[^1].Length + 1)];
                return lie;
            case 3:
                return random.Pick(_remembered[frames.Length]);
            case 4:
                Shift(lie[header], random);
                return lie;
            case 5:
                MakeForeign(lie, header, random);
                return lie;
            default:
                BreakChain(lie, header, random);
                return lie;
        }
    }

    private void Remember(byte[][] frames, SeededRandom random)
    {
        if (!_remembered.TryGetValue(frames.Length, out List<byte[][]>? known))
            _remembered.Add(frames.Length, known = []);
        if (known.Count < RememberedMax)
            known.Add(frames);
        else
            known[random.Next(RememberedMax)] = frames;
    }

    private static byte[] Garbage(int length, SeededRandom random)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)random.Next(256);
        return bytes;
    }

    private static void FlipBit(byte[] bytes, SeededRandom random)
    {
        if (bytes.Length > 0)
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
    }

    // The header speaks of other indexes than the records do, or of a position that is not reached yet.
    private static void Shift(byte[] header, SeededRandom random)
    {
        bool isFeed = header.Length == FeedHeader.SizeBytes;
        int at = random.Chance(0.5) ? FeedFirstAt : isFeed ? FeedCommitAt : TransferLimitAt;
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(at));
        ulong by = (ulong)random.Pick([1, 2, 10, 1_000_000]);
        BinaryPrimitives.WriteUInt64LittleEndian(
            header.AsSpan(at), random.Chance(0.3) && value > by ? value - by : value + by);
    }

    // Another cluster's records, whole and sound: only the cluster's id tells that they do not belong here.
    private static void MakeForeign(byte[][] lie, int header, SeededRandom random)
    {
        lie[header][ClusterAt] ^= 0x5A;
        if (IsWithRecords(lie, header))
            lie[^1] = Forge(lie[^1], BinaryPrimitives.ReadUInt64LittleEndian(lie[header].AsSpan(FeedChainAt)), random);
    }

    private static void BreakChain(byte[][] lie, int header, SeededRandom random)
    {
        ulong chain = random.NextBits();
        BinaryPrimitives.WriteUInt64LittleEndian(lie[header].AsSpan(FeedChainAt), chain);
        if (IsWithRecords(lie, header))
            lie[^1] = Forge(lie[^1], chain, random);
    }

    private static bool IsWithRecords(byte[][] frames, int header) =>
        frames[^1].Length >= RecordHeader.SizeBytes
        && (frames[header].Length == FeedHeader.SizeBytes
            || (TransferMessageType)frames[header][1] == TransferMessageType.Chunk);

    // Records of the same shape, terms and times that say something else.
    private static byte[] Forge(byte[] truth, ulong chain, SeededRandom random)
    {
        byte[] forged = (byte[])truth.Clone();
        var reader = new RecordReader(truth, RecordCodec.Header(truth).Index, verify: false);
        while (reader.Read())
        {
            RecordHeader header = reader.Header;
            byte[] payload = header.Kind == RecordKind.Command
                ? Garbage(header.PayloadLength, random)
                : reader.Payload.ToArray();
            chain = RecordCodec.Encode(
                forged.AsSpan(reader.Offset, header.RecordLength), header.Index, header.Term, chain,
                header.TimeMicros, header.Kind, payload);
        }
        return forged;
    }
}
