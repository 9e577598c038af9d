using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Why a source does not serve, with a sentence that names the cause and the cure.</summary>
internal sealed record Refusal(TransferRefusal Code, string Text, LogIndex First = default, LogIndex Limit = default)
{
    public static Refusal BadRequest(string cause) => new(
        TransferRefusal.BadRequest, $"{cause}. Ask as docs/wire-protocol.md describes it.");

    public static Refusal WrongCluster(string id, Guid own, Guid asked) => new(
        TransferRefusal.WrongCluster,
        $"{id} belongs to cluster {own}, not to {asked}. Ask a member of that cluster, or use an empty directory.");

    public static Refusal NoLongerKept(string id, LogIndex asked, LogExtent extent) => new(
        TransferRefusal.NoLongerKept,
        $"{id} keeps its log from index {extent.First} on; {asked} is no longer there. Ask a source that keeps more, "
            + $"or begin at {extent.First} and accept the gap.",
        extent.First, extent.Limit.Index);

    public static Refusal NotYetThere(string id, LogIndex asked, LogExtent extent) => new(
        TransferRefusal.NotYetThere,
        $"{id} has its log up to index {extent.Limit.Index}; {asked} is not there yet. Ask again later, or a source "
            + "that is further.",
        extent.First, extent.Limit.Index);

    public static Refusal Empty(string id) => new(
        TransferRefusal.NotYetThere, $"{id} has no log yet. Ask again later, or another source.");

    public static Refusal WrongChain(string id, LogIndex at, LogExtent extent) => new(
        TransferRefusal.WrongChain,
        $"The record {at} of {id} is another one than the receiver's: one of the two logs does not belong here. Verify "
            + "both with 'Logger verify', and use an empty directory for the wrong one.",
        extent.First, extent.Limit.Index);

    public static Refusal Overloaded(string cause, string cure) => new(
        TransferRefusal.Overloaded, $"{cause}. {cure}.");

    public static Refusal Damaged(string id, LogIndex at, LogExtent extent) => new(
        TransferRefusal.Damaged,
        $"{id} cannot read its own log at index {at}: its log of messages says why. Ask another source, and repair or "
            + "replace this one.",
        extent.First, extent.Limit.Index);

    public static Refusal NotServed(string cause, string cure) => new(TransferRefusal.NotServed, $"{cause}. {cure}.");
}
