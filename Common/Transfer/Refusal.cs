using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Why a source does not serve, with a sentence that names the cause and the cure.</summary>
internal sealed record Refusal(
    TransferRefusal Code, string Text, LogIndex First = default, LogIndex Limit = default, LogIndex Snapshot = default)
{
    public static Refusal BadRequest(string cause) => new(
        TransferRefusal.BadRequest, $"{cause}. Ask as docs/wire-protocol.md describes it.");

    public static Refusal OtherVersion(string id, byte asked) => new(
        TransferRefusal.BadRequest,
        $"{id} speaks version {TransferHeader.Version} of Transfer, not {asked}. Upgrade the older one.");

    public static Refusal WrongCluster(string id, Guid own, Guid asked) => new(
        TransferRefusal.WrongCluster,
        $"{id} belongs to cluster {own}, not to {asked}. Ask a member of that cluster, or use an empty directory.");

    public static Refusal NoLongerKept(
        string id, LogIndex asked, LogExtent extent, LogIndex snapshot = default) => new(
        TransferRefusal.NoLongerKept,
        $"{id} keeps its log from index {extent.First} on; {asked} is no longer there. Ask a source that keeps more, "
            + (snapshot > LogIndex.Zero ? $"or for its snapshot of index {snapshot}, " : "")
            + $"or begin at {extent.First} and accept the gap.",
        extent.First, extent.Limit.Index, snapshot);

    public static Refusal SnapshotNotYetThere(string id, LogIndex asked, LogIndex newest, LogExtent extent) => new(
        TransferRefusal.NotYetThere,
        $"The newest snapshot of {id} is of index {newest}, and {asked} at least was asked for. Ask another source, or "
            + "for its log.",
        extent.First, extent.Limit.Index, newest);

    public static Refusal SnapshotNoLongerKept(string id, LogIndex asked, LogIndex newest, LogExtent extent) => new(
        TransferRefusal.NoLongerKept,
        $"{id} does not have that very snapshot of index {asked}, but another one of index {newest}. Begin anew with "
            + "it.",
        extent.First, extent.Limit.Index, newest);

    public static Refusal SnapshotGivenUp(LogExtent extent) => new(
        TransferRefusal.NoLongerKept,
        "The snapshot that was sent while it was taken has been given up. Begin anew: the source sends another one.",
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
