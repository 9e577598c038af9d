using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Somebody from whom a log can be followed.</summary>
/// <param name="Id">Name, for messages to people.</param>
/// <param name="FeedAddress"><c>host:port</c> of its feed; what tells sources apart.</param>
/// <param name="TransferAddress"><c>host:port</c> of its transfer socket; empty: none is known.</param>
/// <param name="IsLogger">Whether it is a logger: used when no replica is there, or nobody else is named.</param>
public sealed record FollowSource(string Id, string FeedAddress, string TransferAddress, bool IsLogger)
{
    /// <summary>Whether it is followed rather than any other, as long as it can be.</summary>
    public bool IsPreferred { get; init; }

    /// <summary>A member whose other sockets are at the usual distances from its peer socket.</summary>
    /// <param name="peerAddress"><c>host:port</c> of its <c>-raft</c>.</param>
    public static FollowSource At(string peerAddress)
    {
        var member = new Member(NodeId.None, 0, MemberKind.Learner, peerAddress, "");
        return new FollowSource(
            peerAddress, MemberAddresses.FeedOf(member), MemberAddresses.TransferOf(member), IsLogger: false);
    }
}
