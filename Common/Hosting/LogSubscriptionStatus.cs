using Chorus.Common.Feed;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>Where a subscription stood a short while ago.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Position">Last index that was handled.</param>
/// <param name="Commit">Last index that its source says to be committed.</param>
/// <param name="Source">Name of its source; empty when there is none.</param>
/// <param name="Why">Why it takes nothing; empty while it does.</param>
/// <param name="Cure">What to do about that.</param>
/// <param name="HeldBytes">Bytes of live records held back while history is fetched.</param>
public sealed record LogSubscriptionStatus(
    FollowerState State, LogIndex Position, LogIndex Commit, string Source, string Why, string Cure, long HeldBytes);
