namespace Chorus.Raft;

/// <summary>A message and what must be durable before it may leave.</summary>
/// <param name="Message">What to send.</param>
/// <param name="AfterHardState">
/// Whether every hard state handed out so far must be durable first: true for votes, acknowledgements and
/// everything else by which others count on the term. Entries need no such flag: the node speaks of an entry
/// of its own only after <see cref="RaftNode.LogDurable"/>.
/// </param>
public readonly record struct Outgoing(Message Message, bool AfterHardState);
