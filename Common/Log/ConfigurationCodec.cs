using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Payload of a configuration record, little-endian: version u8, members u8, then for each, ordered by id: kind u8,
/// priority u8, incarnation u64, and five texts (id, peer address, client address, transfer address, feed address),
/// each a length u8 and UTF-8. That is version 2. Version 3 has flags u8 (bit 0: held back) in front of each kind and,
/// behind the members, how many the previous half of a joint configuration has (u8, 0: not joint) and these. It is
/// written only where version 2 cannot say it. Version 1, still read, has the first three texts.
/// </summary>
public static class ConfigurationCodec
{
    /// <summary>Most bytes of an address.</summary>
    public const int AddressBytesMax = 255;

    private const byte PlainVersion = 2;
    internal const byte Version = 3;
    private const byte HeldFlag = 1;

    /// <summary>Encodes a configuration.</summary>
    public static byte[] Encode(Configuration configuration)
    {
        Check.That(configuration.All.Count <= Configuration.MembersMax, "a configuration has too many members");
        bool isPlain = !configuration.IsJoint && !configuration.Members.Any(member => member.IsHeld);
        byte version = isPlain ? PlainVersion : Version;
        using var stream = new MemoryStream();
        stream.WriteByte(version);
        WriteMembers(stream, configuration.Members, version);
        if (version == Version)
            WriteMembers(stream, configuration.Previous?.Members ?? [], version);
        return stream.ToArray();
    }

    /// <summary>Decodes a configuration; never throws on bad bytes.</summary>
    /// <param name="payload">Payload of the record.</param>
    /// <param name="configuration">The value.</param>
    /// <param name="error">What is wrong, when the answer is false.</param>
    public static bool TryDecode(
        ReadOnlySpan<byte> payload, [NotNullWhen(true)] out Configuration? configuration, out string error)
    {
        configuration = null;
        error = "its configuration is cut off";
        if (payload.Length < 2)
            return false;
        byte version = payload[0];
        if (version is 0 or > Version)
        {
            error = $"its configuration has version {version}, this version of Chorus reads up to {Version}"
                + (version > Version ? ": it was made by a newer Chorus" : "");
            return false;
        }
        payload = payload[1..];
        if (!TryReadMembers(ref payload, version, out List<Member> members, ref error))
            return false;
        List<Member> previous = [];
        if (version >= 3 && !TryReadMembers(ref payload, version, out previous, ref error))
            return false;
        if (payload.Length > 0)
        {
            error = "bytes are left behind its configuration";
            return false;
        }
        configuration = new Configuration(members);
        if (previous.Count > 0)
            configuration = Configuration.Joint(new Configuration(previous), configuration);
        if (configuration.All.Count <= Configuration.MembersMax)
            return true;
        error = $"its configuration has {configuration.All.Count} members, at most {Configuration.MembersMax} are "
            + "possible";
        configuration = null;
        return false;
    }

    /// <summary>Whether a payload was written by a version that is newer than this one.</summary>
    public static bool IsNewer(ReadOnlySpan<byte> payload) => payload.Length > 0 && payload[0] > Version;

    private static bool TryReadMembers(
        ref ReadOnlySpan<byte> bytes, byte version, out List<Member> members, ref string error)
    {
        members = [];
        if (bytes.Length < 1)
            return false;
        int count = bytes[0];
        bytes = bytes[1..];
        for (int i = 0; i < count; i++)
        {
            if (!TryReadMember(ref bytes, version, out Member? member))
                return false;
            if (Judge(member, members) is { } wrong)
            {
                error = wrong;
                return false;
            }
            members.Add(member);
        }
        return true;
    }

    private static string? Judge(Member member, List<Member> before)
    {
        if (!NodeId.IsValid(member.Id.Value) || !Enum.IsDefined(member.Kind))
            return "a member of its configuration has an impossible name or kind";
        return before.Count > 0 && before[^1].Id.CompareTo(member.Id) >= 0
            ? "the members of its configuration are not in order"
            : null;
    }

    private static bool TryReadMember(
        ref ReadOnlySpan<byte> bytes, byte version, [NotNullWhen(true)] out Member? member)
    {
        member = null;
        byte flags = 0;
        if (version >= 3)
        {
            if (bytes.Length < 1)
                return false;
            flags = bytes[0];
            bytes = bytes[1..];
        }
        const int fixedBytes = 2 + sizeof(ulong);
        if (bytes.Length < fixedBytes)
            return false;
        var kind = (MemberKind)bytes[0];
        byte priority = bytes[1];
        ulong incarnation = BinaryPrimitives.ReadUInt64LittleEndian(bytes[2..]);
        bytes = bytes[fixedBytes..];
        if (!TryReadText(ref bytes, out string id)
            || !TryReadText(ref bytes, out string peer)
            || !TryReadText(ref bytes, out string client))
            return false;
        string transfer = "", feed = "";
        if (version >= 2 && !(TryReadText(ref bytes, out transfer) && TryReadText(ref bytes, out feed)))
            return false;
        member = new Member(new NodeId(id), incarnation, kind, peer, client, priority, transfer, feed,
            (flags & HeldFlag) != 0);
        return true;
    }

    private static bool TryReadText(ref ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (bytes.Length < 1 || bytes.Length < 1 + bytes[0])
            return false;
        text = Encoding.UTF8.GetString(bytes.Slice(1, bytes[0]));
        bytes = bytes[(1 + bytes[0])..];
        return true;
    }

    private static void WriteMembers(MemoryStream stream, IReadOnlyList<Member> members, byte version)
    {
        stream.WriteByte((byte)members.Count);
        Span<byte> incarnation = stackalloc byte[sizeof(ulong)];
        foreach (Member member in members)
        {
            if (version >= 3)
                stream.WriteByte(member.IsHeld ? HeldFlag : (byte)0);
            stream.WriteByte((byte)member.Kind);
            stream.WriteByte(member.Priority);
            BinaryPrimitives.WriteUInt64LittleEndian(incarnation, member.Incarnation);
            stream.Write(incarnation);
            WriteText(stream, member.Id.Value);
            WriteText(stream, member.PeerAddress);
            WriteText(stream, member.ClientAddress);
            WriteText(stream, member.TransferAddress);
            WriteText(stream, member.FeedAddress);
        }
    }

    private static void WriteText(MemoryStream stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Check.That(bytes.Length <= AddressBytesMax, "a text of a configuration is too long");
        stream.WriteByte((byte)bytes.Length);
        stream.Write(bytes);
    }
}
