using System.Globalization;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>Where a member's other sockets are: as the configuration says, or else at fixed distances.</summary>
public static class MemberAddresses
{
    /// <summary>Port of the transfer socket minus that of the peer socket, unless the member says otherwise.</summary>
    public const int TransferPortOffset = 2000;

    /// <summary>Port of the feed minus that of the peer socket, unless the member says otherwise.</summary>
    public const int FeedPortOffset = 4000;

    /// <summary><c>host:port</c> of a member's transfer socket; empty when it cannot be told.</summary>
    public static string TransferOf(Member member) =>
        member.TransferAddress.Length > 0 ? member.TransferAddress : Shifted(member.PeerAddress, TransferPortOffset);

    /// <summary>The same of a member as it stands in a status or a welcome.</summary>
    public static string TransferOf(Protocol.Member member) =>
        member.TransferAddress.Length > 0 ? member.TransferAddress : Shifted(member.PeerAddress, TransferPortOffset);

    /// <summary><c>host:port</c> of a member's feed; empty when it cannot be told.</summary>
    public static string FeedOf(Member member) =>
        member.FeedAddress.Length > 0 ? member.FeedAddress : Shifted(member.PeerAddress, FeedPortOffset);

    private static string Shifted(string address, int offset)
    {
        int colon = address.LastIndexOf(':');
        return colon > 0
            && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            && port + offset <= ushort.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{address.AsSpan(0, colon)}:{port + offset}")
            : "";
    }
}
