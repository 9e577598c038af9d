using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Messages in short, for tests that speak to one node by hand.</summary>
internal static class Say
{
    public static LogIndex At(ulong index) => new(index);

    public static Term In(ulong term) => new(term);

    public static NodeId Node(string id) => new(id);

    public static VoteRequest Vote(string from, string to, ulong term, ulong lastIndex, ulong lastTerm) =>
        new(Node(from), PinOf(from), Node(to), In(term), At(lastIndex), In(lastTerm));

    public static PreVoteRequest PreVote(string from, string to, ulong term, ulong lastIndex, ulong lastTerm) =>
        new(Node(from), PinOf(from), Node(to), In(term), At(lastIndex), In(lastTerm));

    public static VoteResponse Voted(string from, string to, ulong term, bool granted = true) =>
        new(Node(from), PinOf(from), Node(to), In(term), granted);

    public static AppendAccepted Accepted(string from, string to, ulong term, ulong match) =>
        new(Node(from), PinOf(from), Node(to), In(term), At(match));

    public static HeartbeatRequest Beat(string from, string to, ulong term, ulong commit = 0, ulong round = 1) =>
        new(Node(from), PinOf(from), Node(to), In(term), At(commit), round);

    public static HeartbeatResponse Alive(string from, string to, ulong term, ulong round, ulong last) =>
        new(Node(from), PinOf(from), Node(to), In(term), round, At(last));

    /// <summary>Entries of the terms given, behind an entry.</summary>
    public static (AppendRequest Message, List<TestEntry> Entries) Append(
        string from, string to, ulong term, ulong previousIndex, ulong previousTerm, ulong[] terms, ulong commit = 0)
    {
        List<TestEntry> before = [.. Enumerable.Repeat(new TestEntry(Term.Zero, 0), (int)previousIndex)];
        List<TestEntry> entries = Log(previousIndex + 1, terms);
        EntryRange range = TestNode.RangeOf(
            [.. before, .. entries], (int)previousIndex + 1, (int)previousIndex + 1 + terms.Length);
        var message = new AppendRequest(
            Node(from), PinOf(from), Node(to), In(term), At(previousIndex), In(previousTerm), range, At(commit));
        return (message, entries);
    }

    /// <summary>
    /// Entries that stand from an index on; the same (index, term) is always the same entry.
    /// </summary>
    public static List<TestEntry> Log(ulong from, params ulong[] terms) =>
        [.. terms.Select((t, i) => new TestEntry(In(t), (t * 1000) + from + (ulong)i))];

    public static ulong PinOf(string id) => TestCluster.Pin(id[0] - 'a');
}
