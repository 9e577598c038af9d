using Chorus.Common.Protocol;

namespace Chorus.Common.Replica;

/// <summary>What became of an operator's request.</summary>
/// <param name="Code">How it ended.</param>
/// <param name="Message">For people: the cause, when it was not done.</param>
/// <param name="Cure">For people: what to do about it.</param>
/// <param name="Payload">What is answered beside the code, as text.</param>
internal readonly record struct OperatorAnswer(Code Code, string Message = "", string Cure = "", string Payload = "")
{
    /// <summary>The request came to a node that cannot decide it.</summary>
    public static readonly OperatorAnswer NotLeader =
        new(Code.NotLeader, "this node is not the leader", "Try again");
}
