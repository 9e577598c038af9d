namespace Chorus.Raft;

/// <summary>Hands a message, sound and from whom it says, to the one whose business it is.</summary>
internal sealed class Dispatch(
    NodeState state, Elector elector, Campaign campaign, Follower follower, Leader leader, FollowerReads followerReads)
{
    /// <summary>Hands it over.</summary>
    public void Hand(Message message)
    {
        switch (message)
        {
            case PreVoteRequest m:
                elector.OnPreVoteRequest(m);
                break;
            case VoteRequest m:
                elector.OnVoteRequest(m);
                break;
            case AppendRequest m:
                follower.OnAppendRequest(m);
                break;
            case HeartbeatRequest m:
                follower.OnHeartbeatRequest(m);
                break;
            case TimeoutNow m:
                follower.OnTimeoutNow(m);
                break;
            case ReadIndexRequest m:
                if (state.Role == Role.Leader && m.Term == state.Term)
                    leader.OnReadIndexRequest(m);
                break;
            case ReadIndexResponse m:
                followerReads.OnResponse(m);
                break;
            case SnapshotRequired m:
                follower.OnSnapshotRequired(m);
                break;
            default:
                OnAnswer(message);
                break;
        }
    }

    private void OnAnswer(Message message)
    {
        bool isPromise = message is PreVoteResponse { Granted: true };
        if (message.Term > state.Term && !isPromise)
        {
            state.BecomeFollower(message.Term, NodeId.None);
            return;
        }
        switch (message)
        {
            case PreVoteResponse m:
                campaign.OnPreVoteResponse(m);
                break;
            case VoteResponse m:
                campaign.OnVoteResponse(m);
                break;
            default:
                // Trap 13: an acknowledgement of another term speaks of entries that may have been
                // overwritten since.
                if (state.Role == Role.Leader && (message.Term == state.Term || Mutants.StaleAcksCounted))
                    leader.OnAnswer(message);
                break;
        }
    }
}
