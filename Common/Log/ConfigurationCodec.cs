using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Payload of a configuration record, little-endian: version u8 (2), members u8, then for each, ordered by id: kind
/// u8, priority u8, incarnation u64, and five texts (id, peer address, client address, transfer address, feed address),
/// each a length u8 and UTF-8. Version 1, still read, has the first three texts.
/// </summary>
public static class ConfigurationCodec
{
    /// <summary>Most bytes of an address.</summary>
    public const int AddressBytesMax = 255;

    private const byte Version = 2;

    /// <summary>Encodes a configuration.</summary>
    public static byte[] Encode(Configuration configuration)
    {
        Check.That(configuration.Members.Count <= Configuration.MembersMax, "a configuration has too many members");
        using var stream = new MemoryStream();
        stream.WriteByte(Version);
        stream.WriteByte((byte)configuration.Members.Count);
        Span<byte> incarnation = stackalloc byte[sizeof(ulong)];
        foreach (Member member in configuration.Members)
        {
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
            error = $"its configuration has version {version}; a newer Chorus must have made it";
            return false;
        }
        int count = payload[1];
        payload = payload[2..];
        var members = new List<Member>(count);
        for (int i = 0; i < count; i++)
        {
            if (!TryReadMember(ref payload, version, out Member? member))
                return false;
            members.Add(member);
        }
        error = Judge(members, payload.Length);
        if (error.Length > 0)
            return false;
        configuration = new Configuration(members);
        return true;
    }

    private static string Judge(List<Member> members, int bytesLeft)
    {
        if (bytesLeft > 0)
            return "bytes are left behind its configuration";
        if (members.Count > Configuration.MembersMax)
            return $"its configuration has {members.Count} members, at most {Configuration.MembersMax} are possible";
        for (int i = 0; i < members.Count; i++)
        {
            if (!NodeId.IsValid(members[i].Id.Value) || !Enum.IsDefined(members[i].Kind))
                return "a member of its configuration has an impossible name or kind";
            if (i > 0 && members[i - 1].Id.CompareTo(members[i].Id) >= 0)
                return "the members of its configuration are not in order";
        }
        return "";
    }

    private static bool TryReadMember(
        ref ReadOnlySpan<byte> bytes, byte version, [NotNullWhen(true)] out Member? member)
    {
        member = null;
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
        member = new Member(new NodeId(id), incarnation, kind, peer, client, priority, transfer, feed);
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

    private static void WriteText(MemoryStream stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Check.That(bytes.Length <= AddressBytesMax, "a text of a configuration is too long");
        stream.WriteByte((byte)bytes.Length);
        stream.Write(bytes);
    }
}
