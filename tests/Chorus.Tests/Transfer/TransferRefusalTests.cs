using Chorus.Common.Transfer;
using Chorus.Raft;
using Chorus.Tests.Log;

namespace Chorus.Tests.Transfer;

public sealed class TransferRefusalTests : TransferFixture
{
    [Theory]
    [InlineData("cluster", TransferRefusal.WrongCluster, "empty directory")]
    [InlineData("gone", TransferRefusal.NoLongerKept, "begin at 100")]
    [InlineData("future", TransferRefusal.NotYetThere, "Ask again later")]
    [InlineData("overflow", TransferRefusal.NotYetThere, "Ask again later")]
    [InlineData("chain", TransferRefusal.WrongChain, "verify")]
    [InlineData("image", TransferRefusal.NotServed, "Ask for its log")]
    [InlineData("zero", TransferRefusal.BadRequest, "wire-protocol")]
    [InlineData("backwards", TransferRefusal.BadRequest, "wire-protocol")]
    [InlineData("content", TransferRefusal.NotServed, "a newer Chorus")]
    [InlineData("compact future", TransferRefusal.NotYetThere, "Ask again later")]
    public void What_cannot_be_served_is_refused_with_cause_and_cure(string what, TransferRefusal code, string cure)
    {
        _source.Append(300);
        _source.Show(first: 100);
        var open = new TransferHeader
        {
            Type = TransferMessageType.Open,
            Content = TransferContent.Log,
            Stream = 9,
            First = new LogIndex(150),
            Credit = 10,
            Count = 1000,
        };
        open = what switch
        {
            "cluster" => open with { ClusterId = Guid.NewGuid() },
            "gone" => open with { First = new LogIndex(99) },
            "future" => open with { First = new LogIndex(302) },
            "overflow" => open with { First = new LogIndex(ForEver), Until = new LogIndex(ForEver) },
            "chain" => open with { IsChainKnown = true, Chain = 1 },
            "image" => open with { Content = TransferContent.Image },
            "zero" => open with { First = LogIndex.Zero },
            "backwards" => open with { Until = new LogIndex(149) },
            "compact future" => open with { Content = TransferContent.Compact, Until = new LogIndex(302) },
            _ => open with { Content = (TransferContent)77 },
        };
        (TransferHeader answer, string text) = Ask(open);
        Assert.Equal((TransferMessageType.Refused, code, 9ul), (answer.Type, answer.Refusal, answer.Stream));
        Assert.Contains(cure, text);
        if (code is TransferRefusal.NoLongerKept or TransferRefusal.NotYetThere)
            Assert.Equal((new LogIndex(100), new LogIndex(300)), (answer.First, answer.Limit));
        Assert.Equal(1, _source.Server.RefusedTotal);
        Assert.Equal(0, _source.Server.StreamCount);
    }

    [Fact]
    public void The_first_record_kept_can_be_asked_for_with_the_chain_before_it()
    {
        _source.Append(300);
        ulong first = SecondSegment();
        _source.Show(first);
        _stream.Open(Here, LogTestOptions.Cluster, _source.HeaderAt(first - 1), LogIndex.Zero, Now);
        Pump();
        Assert.Equal(TransferStreamState.Complete, _stream.State);
        _stream.Open(
            Here, LogTestOptions.Cluster, _source.HeaderAt(first - 1) with { Chain = 3 }, LogIndex.Zero, Now);
        Pump();
        Assert.Equal(TransferRefusal.WrongChain, _stream.Refusal);
    }

    [Fact]
    public void A_stream_whose_records_are_given_up_ends_in_a_typed_gap()
    {
        _source.Append(300);
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump(release: 0);
        Assert.Equal(_stream.Next, _source.Server.LowestPinned);
        _source.Show(first: 200);
        _stream.Release(Now, 4);
        Pump();
        Assert.Equal((TransferStreamState.Refused, TransferRefusal.NoLongerKept), (_stream.State, _stream.Refusal));
        Assert.Equal(new LogIndex(200), _stream.FirstKept);
    }

    [Fact]
    public void A_source_without_a_log_says_so()
    {
        _stream.Open(Here, Guid.Empty, default, LogIndex.Zero, Now);
        Pump();
        Assert.Equal((TransferStreamState.Refused, TransferRefusal.NotYetThere), (_stream.State, _stream.Refusal));
        (TransferHeader answer, _) = Ask(new TransferHeader { Type = TransferMessageType.Describe });
        Assert.Equal(TransferRefusal.NotYetThere, answer.Refusal);
    }
}
