namespace Chorus.Raft;

/// <summary>One member as the configuration names it.</summary>
/// <param name="Id">Name, unique in the cluster.</param>
/// <param name="Incarnation">
/// Random number made with the member's data directory: a wiped directory has another one. 0 means not yet
/// known (a fixed start with <c>-peer</c>); the leader pins it at first contact.
/// </param>
/// <param name="Kind">How the member takes part.</param>
/// <param name="PeerAddress"><c>host:port</c> of its peer socket.</param>
/// <param name="ClientAddress"><c>host:port</c> of its client socket.</param>
/// <param name="Priority">
/// Election priority, 0 to 100: of two equally up-to-date voters the higher one campaigns first.
/// </param>
/// <param name="TransferAddress">
/// <c>host:port</c> of its transfer socket; empty: the host of <paramref name="PeerAddress"/>, its port + 2000.
/// </param>
/// <param name="FeedAddress">
/// <c>host:port</c> of its feed; empty: the host of <paramref name="PeerAddress"/>, its port + 4000.
/// </param>
/// <param name="IsHeld">Whether a learner stays one although it has caught up, until it is promoted by name.</param>
public sealed record Member(
    NodeId Id,
    ulong Incarnation,
    MemberKind Kind,
    string PeerAddress,
    string ClientAddress,
    byte Priority = Member.PriorityDefault,
    string TransferAddress = "",
    string FeedAddress = "",
    bool IsHeld = false)
{
    /// <summary>Priority of a member that asked for none.</summary>
    public const byte PriorityDefault = 50;
}
