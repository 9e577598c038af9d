namespace Chorus.Common.Client;

/// <summary>What an operation asks for: the number of its field in <c>Request</c>.</summary>
internal enum OperationKind
{
    Write = 2,
    Read = 3,
    Status = 4,
    RemoveMember = 5,
    ChangeMembers = 6,
    TransferLeadership = 13,
    ChangeSession = 15,
}
