using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>Whom to follow, as a cluster's members say.</summary>
public static class FollowSources
{
    /// <summary>The members that publish a feed: replicas, and other observers as the last resort.</summary>
    /// <param name="members">Members, the ones that count more first; a feed that is named twice counts once.</param>
    /// <param name="self">Who follows; never its own source.</param>
    /// <param name="upstream">Name of the member to prefer to all others; empty: none.</param>
    public static IReadOnlyList<FollowSource> Of(IEnumerable<Member> members, NodeId self, string upstream = "")
    {
        var sources = new List<FollowSource>();
        foreach (Member member in members)
        {
            string feed = MemberAddresses.FeedOf(member);
            if (member.Id == self || feed.Length == 0 || sources.Exists(source => source.FeedAddress == feed))
                continue;
            sources.Add(new FollowSource(
                member.Id.Value, feed, MemberAddresses.TransferOf(member), member.Kind == MemberKind.Observer)
            {
                IsPreferred = member.Id.Value == upstream,
            });
        }
        return sources;
    }
}
