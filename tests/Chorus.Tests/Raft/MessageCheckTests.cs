using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>Whatever a peer says, a node drops and counts what makes no sense, and goes on.</summary>
public sealed class MessageCheckTests
{
    private const ulong Huge = ulong.MaxValue;

    public static TheoryData<string, Message> Nonsense()
    {
        (AppendRequest good, _) = Say.Append("a", "b", 5, 1, 1, [2, 3]);
        EntryRange e = good.Entries;
        TermRun two = new(Say.At(2), Say.In(2));
        return new TheoryData<string, Message>
        {
            { "not for this node", good with { To = Say.Node("c") } },
            { "from this node", good with { From = Say.Node("b") } },
            { "from nobody", good with { From = NodeId.None } },
            { "a name with a space", good with { From = new NodeId("a b") } },
            { "no incarnation", good with { FromIncarnation = 0 } },
            { "term 0", good with { Term = Term.Zero } },
            { "a term that overflows", good with { Term = Say.In(Huge) } },
            { "a gap behind the previous entry", good with { PreviousIndex = Say.At(0), PreviousTerm = Term.Zero } },
            { "an index that overflows", good with { PreviousIndex = Say.At(Huge) } },
            { "a previous term without index", good with { PreviousIndex = Say.At(0) } },
            { "a previous term above the entries", good with { PreviousTerm = Say.In(3) } },
            { "no entries at all", good with { Entries = null! } },
            { "a range that ends before it starts", good with { Entries = e with { Until = Say.At(1) } } },
            { "a range that overflows", good with { Entries = e with { Until = Say.At(Huge) } } },
            { "no terms", good with { Entries = e with { Terms = [] } } },
            { "terms null", good with { Entries = e with { Terms = null! } } },
            { "terms that fall", good with { Entries = e with { Terms = [two, new(Say.At(3), Say.In(1))] } } },
            { "runs that stand still", good with { Entries = e with { Terms = [two, new(Say.At(2), Say.In(3))] } } },
            { "a run outside", good with { Entries = e with { Terms = [two, new(Say.At(9), Say.In(3))] } } },
            { "a first run elsewhere", good with { Entries = e with { Terms = [new(Say.At(3), Say.In(2))] } } },
            { "an entry of a later term", good with { Entries = e with { Terms = [new(Say.At(2), Say.In(6))] } } },
            { "terms without entries", good with { Entries = EntryRange.EmptyAt(Say.At(2)) with { Terms = [two] } } },
            { "a configuration outside", good with { Entries = e with { Configurations =
                [new(Say.At(9), Configuration.Empty)] } } },
            { "a configuration null", good with { Entries = e with { Configurations = [new(Say.At(2), null!)] } } },
            { "configurations null", good with { Entries = e with { Configurations = null! } } },
            { "commit that overflows", good with { Commit = Say.At(Huge) } },
            { "a vote for a log of a later term", Say.Vote("a", "b", 5, 3, 5) },
            { "a vote for a log without term", Say.Vote("a", "b", 5, 3, 0) },
            { "a pre-vote for a log without index", Say.PreVote("a", "b", 5, 0, 3) },
            { "a heartbeat of round 0", Say.Beat("a", "b", 5, 0, 0) },
            { "a heartbeat that overflows", Say.Beat("a", "b", 5, Huge) },
            { "an acknowledgement that overflows", Say.Accepted("a", "b", 5, Huge) },
            { "a rejection ahead of itself", new AppendRejected(
                Say.Node("a"), 100, Say.Node("b"), Say.In(5), Say.At(3), Say.In(1), Say.At(4)) },
        };
    }

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void Nonsense_is_dropped_and_counted(string what, Message message)
    {
        TestNode b = new TestCluster(3)["b"];
        Term term = b.Node.Term;
        b.Receive(message, [new(Say.In(2), 1), new(Say.In(3), 2)]);
        Assert.True(b.Node.RefusedMessagesTotal == 1, what);
        Assert.Equal(term, b.Node.Term);
        Assert.Empty(b.Outbox);
        Assert.Single(b.Log);
    }

    [Fact]
    public void Random_fields_never_stop_a_node_of_any_role()
    {
        var random = new Random(7);
        ulong[] numbers = [0, 1, 2, 3, 4, 5, 6, 7, 50, long.MaxValue, Huge];
        ulong Any() => numbers[random.Next(numbers.Length)];
        foreach (string receiver in new[] { "a", "b" })
        {
            for (int i = 0; i < 3000; i++)
            {
                var cluster = new TestCluster(3);
                cluster.Elect("a");
                TestNode node = cluster[receiver];
                node.TickWithoutTaking(random.Next(60));
                node.Take();
                Hit(node, Draw(random, receiver, Any));
            }
        }
    }

    /// <summary>
    /// One kind of lie stops a node on purpose: a leader's entries that contradict what is committed.
    /// </summary>
    private static void Hit(TestNode node, Message message)
    {
        List<TestEntry> entries = [];
        if (message is AppendRequest { Entries: { } range })
        {
            for (int i = 0; i < range.Terms.Count; i++)
                entries.Add(new TestEntry(range.Terms[i].Term, (ulong)i));
        }
        try
        {
            node.Receive(message, entries);
        }
        catch (InvariantViolationException e) when (e.Message.Contains("committed entry", StringComparison.Ordinal))
        {
            Assert.IsType<AppendRequest>(message);
        }
    }

    private static Message Draw(Random random, string to, Func<ulong> any)
    {
        NodeId from = Say.Node("c");
        NodeId self = Say.Node(to);
        ulong first = any();
        int count = random.Next(0, 3);
        List<TermRun> runs =
            [.. Enumerable.Range(0, count).Select(i => new TermRun(Say.At(first + (ulong)i), Say.In(any())))];
        var range = new EntryRange(Say.At(first), Say.At(first + (ulong)count), runs, []);
        return random.Next(9) switch
        {
            0 => new PreVoteRequest(from, 102, self, Say.In(any()), Say.At(any()), Say.In(any())),
            1 => new PreVoteResponse(from, 102, self, Say.In(any()), random.Next(2) == 0),
            2 => new VoteRequest(from, 102, self, Say.In(any()), Say.At(any()), Say.In(any())),
            3 => new VoteResponse(from, 102, self, Say.In(any()), random.Next(2) == 0),
            4 => new AppendAccepted(from, 102, self, Say.In(any()), Say.At(any())),
            5 => new AppendRejected(from, 102, self, Say.In(any()), Say.At(any()), Say.In(any()), Say.At(any())),
            6 => new HeartbeatRequest(from, 102, self, Say.In(any()), Say.At(any()), any()),
            7 => new HeartbeatResponse(from, 102, self, Say.In(any()), any(), Say.At(any())),
            _ => new AppendRequest(
                from, 102, self, Say.In(any()), Say.At(random.Next(2) == 0 ? first - 1 : any()), Say.In(any()),
                range, Say.At(any())),
        };
    }
}
