using Chorus.Raft;

namespace Chorus.Tests.Raft;

/// <summary>The picture of the log, against a plain list of terms.</summary>
public sealed class TermRunsTests
{
    [Fact]
    public void It_answers_as_a_list_of_terms_would_through_random_appends_and_cuts()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            List<ulong> plain = [];
            var runs = new TermRuns(EntryRange.EmptyAt(Say.At(1)));
            ulong term = 1;
            for (int step = 0; step < 30; step++)
            {
                if (plain.Count > 0 && random.Next(4) == 0)
                {
                    int from = random.Next(plain.Count);
                    plain.RemoveRange(from, plain.Count - from);
                    runs.TruncateFrom(Say.At((ulong)from + 1));
                }
                term += (ulong)random.Next(3);
                int count = random.Next(1, 5);
                plain.AddRange(Enumerable.Repeat(term, count));
                runs.Append(Say.In(term), (ulong)count);
                Compare(plain, runs, random);
            }
        }
    }

    [Fact]
    public void Behind_a_cut_it_answers_as_before_and_before_it_not_at_all()
    {
        var random = new Random(6);
        for (int round = 0; round < 300; round++)
        {
            ulong[] terms = [.. Enumerable.Range(0, 12).Select(i => (ulong)(1 + i / random.Next(1, 5)))];
            Array.Sort(terms);
            EntryRange range = RangeOf(string.Join(' ', terms));
            (TermRuns whole, TermRuns cut) = (new TermRuns(range), new TermRuns(range));
            ulong at = 0;
            for (int i = 0; i < 3; i++)
            {
                at = (ulong)random.NextInt64((long)at, 13);
                cut.CutUpTo(Say.At(at));
                Assert.Equal((Say.At(at), whole.TermAt(Say.At(at))), (cut.Base, cut.BaseTerm));
                Assert.Equal((whole.Last, whole.LastTerm), (cut.Last, cut.LastTerm));
                for (ulong index = 0; index <= 13; index++)
                    Assert.Equal(index < at ? null : whole.TermAt(Say.At(index)), cut.TermAt(Say.At(index)));
                Assert.Equal(whole.FirstDifference(range), cut.FirstDifference(range));
                foreach (ulong term in terms)
                {
                    LogIndex expected = whole.LastAtMost(Say.In(term), Say.At(12));
                    Assert.Equal(
                        expected.Value < at ? LogIndex.Zero : expected, cut.LastAtMost(Say.In(term), Say.At(12)));
                }
            }
            cut.Append(Say.In(terms[^1]), 2);
            Assert.Equal(Say.In(terms[^1]), cut.TermAt(Say.At(14)));
            if (at < 14)
                cut.TruncateFrom(Say.At(at + 1));
            Assert.Equal((Say.At(at), whole.TermAt(Say.At(at))), (cut.Last, cut.LastTerm));
        }
    }

    [Theory]
    [InlineData("1 1 2", "1 1 2", 4)] // equal
    [InlineData("1 1 2", "1 1", 3)] // nothing new
    [InlineData("1 1", "1 1 2 2", 3)] // longer
    [InlineData("1 1 2 2", "1 1 3", 3)] // conflict in the middle
    [InlineData("1 1 1 1", "1 1 1 2", 4)] // conflict at the end
    [InlineData("", "1", 1)]
    public void The_first_difference_is_found(string own, string range, ulong expected)
    {
        var runs = new TermRuns(RangeOf(own));
        Assert.Equal(expected, runs.FirstDifference(RangeOf(range)).Value);
    }

    private static void Compare(List<ulong> plain, TermRuns runs, Random random)
    {
        Assert.Equal((ulong)plain.Count, runs.Last.Value);
        Assert.Equal(plain[^1], runs.LastTerm.Value);
        for (int i = 0; i < plain.Count; i++)
        {
            Assert.Equal(plain[i], runs.TermAt(Say.At((ulong)i + 1))!.Value.Value);
            Assert.Equal((ulong)plain.IndexOf(plain[i]) + 1, runs.RunStart(Say.At((ulong)i + 1)).Value);
        }
        Assert.Null(runs.TermAt(runs.Last.Next));
        int limit = random.Next(plain.Count + 1);
        ulong most = (ulong)random.Next((int)plain[^1] + 2);
        int expected = plain.FindLastIndex(Math.Max(0, limit - 1), Math.Max(0, limit), t => t <= most) + 1;
        Assert.Equal((ulong)expected, runs.LastAtMost(Say.In(most), Say.At((ulong)limit)).Value);
        EntryRange slice = new(Say.At(1), runs.Last.Next, runs.Slice(Say.At(1), runs.Last.Next), []);
        Assert.Equal(runs.Last.Next, new TermRuns(slice).FirstDifference(slice));
    }

    private static EntryRange RangeOf(string terms)
    {
        ulong[] values = [.. terms.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse)];
        return TestNode.RangeOf(Say.Log(1, values), 1, values.Length + 1);
    }
}
