using Chorus.Common.Replica;
using Chorus.Raft;
using Chorus.Tests.Hosting;
using Chorus.Tests.Recovery;

namespace Chorus.Tests.Replica;

/// <summary>What a replica writes to its log about its core.</summary>
public sealed class EventLinesTests
{
    private readonly Heard _heard = new();
    private readonly ManualClock _clock = new();
    private readonly EventLines _lines;

    public EventLinesTests() => _lines = new EventLines(new NodeId("a"), _clock, _heard);

    [Fact]
    public void A_search_for_a_leader_that_goes_on_is_a_line_a_minute()
    {
        for (int i = 0; i < 1_200; i++)
        {
            Note(RaftEventKind.BecamePreCandidate);
            _clock.MonotonicMicros += 250_000;
            Note(RaftEventKind.BecameCandidate);
            Note(RaftEventKind.BecameFollower);
            _clock.MonotonicMicros += 250_000;
        }
        Assert.Equal(11, _heard.Lines.Count);
        Assert.Contains("BecamePreCandidate", _heard.Lines[0], StringComparison.Ordinal);
        Assert.All(
            _heard.Lines.Skip(2),
            line => Assert.Contains("known of no leader for", line, StringComparison.Ordinal));
        Note(RaftEventKind.LeaderKnown);
        Note(RaftEventKind.BecamePreCandidate);
        Assert.Equal(13, _heard.Lines.Count);
    }

    [Fact]
    public void A_node_that_was_removed_does_not_complain_that_it_has_no_leader()
    {
        for (int i = 0; i < 600; i++)
        {
            Note(RaftEventKind.BecamePreCandidate);
            _clock.MonotonicMicros += 500_000;
            _lines.IsRemoved = i >= 200;
        }
        Assert.Equal(2, _heard.Lines.Count);
        _lines.IsRemoved = false;
        Note(RaftEventKind.BecamePreCandidate);
        Assert.Contains("no leader for 300 s", _heard.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RaftEventKind.LostQuorum, "the network between")]
    [InlineData(RaftEventKind.DiskStalled, "Look at the disk")]
    [InlineData(RaftEventKind.WrongIncarnation, "Client members replace b")]
    [InlineData(RaftEventKind.LogLossProven, "until it has caught up")]
    [InlineData(RaftEventKind.AwaitsFounder, "Start b")]
    public void What_somebody_should_act_on_comes_with_its_cure(RaftEventKind kind, string cure)
    {
        Note(kind);
        string line = Assert.Single(_heard.Lines);
        Assert.Contains(kind.ToString(), line, StringComparison.Ordinal);
        Assert.Contains(cure, line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_is_told_of_when_it_becomes_full_and_when_it_has_room_again()
    {
        foreach (bool isFull in (bool[])[false, true, true, false, false])
            _lines.NoteDisk(isFull);
        Assert.Equal(2, _heard.Lines.Count);
    }

    private void Note(RaftEventKind kind) =>
        _lines.Note(new RaftEvent(kind, new NodeId("b"), new Term(3), new LogIndex(7)));
}
