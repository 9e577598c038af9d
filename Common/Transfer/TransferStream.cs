namespace Chorus.Common.Transfer;

/// <summary>
/// What the receiving sides of all streams share: one stream at a time from one source, with credit, and an end that
/// says why. Owned by the thread that owns the transport.
/// </summary>
public abstract class TransferStream
{
    /// <summary>Makes a stream that is not open.</summary>
    /// <param name="transport">Sends; what it receives, the caller hands to the stream.</param>
    /// <param name="lane">Another number for each stream over the same transport.</param>
    /// <param name="options">Limits; defaults when null.</param>
    private protected TransferStream(ITransferClientTransport transport, uint lane, TransferStreamOptions? options) =>
        Link = new StreamLink(transport, lane, options ?? new TransferStreamOptions());

    /// <summary>Where the stream stands.</summary>
    public TransferStreamState State => Link.State;

    /// <summary>The source, <c>host:port</c>.</summary>
    public string Address => Link.Address;

    /// <summary>The cluster: as asked for, or else as the first chunk says; empty before.</summary>
    public Guid ClusterId => Link.ClusterId;

    /// <summary>Why the source refused.</summary>
    public TransferRefusal Refusal => Link.Refusal;

    /// <summary>First index that the source keeps, where it refused with <see cref="TransferRefusal.NoLongerKept"/>.
    /// </summary>
    public Raft.LogIndex FirstKept => Link.FirstKept;

    /// <summary>
    /// Index of the snapshot by which the source stands for what it no longer keeps; 0 when it has none.
    /// </summary>
    public Raft.LogIndex SnapshotIndex => Link.SnapshotIndex;

    /// <summary>Why the stream is refused, silent or untrue, in a sentence; otherwise empty.</summary>
    public string Reason => Link.Reason;

    /// <summary>Monotonic time at which <see cref="Poll"/> has something to do at the latest.</summary>
    public long NextWorkMicros => Link.NextWorkMicros;

    /// <summary>The conversation with the source.</summary>
    private protected StreamLink Link { get; }

    /// <summary>
    /// Gives chunks back that were handed out: only then the source sends more. While the caller holds all of them back
    /// the source waits, and is not taken for silent.
    /// </summary>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="chunks">How many.</param>
    public void Release(long nowMicros, int chunks = 1) => Link.Release(chunks, nowMicros);

    /// <summary>Sends what is due and notices silence.</summary>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Poll(long nowMicros) => Link.Poll(nowMicros);

    /// <summary>Ends the stream; what still arrives of it is nobody's.</summary>
    public void Close() => Link.Close();
}
