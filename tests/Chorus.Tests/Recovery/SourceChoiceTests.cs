using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Protocol;
using Chorus.Common.Recovery;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Google.Protobuf;

namespace Chorus.Tests.Recovery;

public sealed class SourceChoiceTests
{
    private static readonly Guid Cluster = Guid.NewGuid();

    [Fact]
    public void Those_that_answer_count_and_the_newest_index_is_the_limit()
    {
        SourceChoice choice = SourceChoice.Of([At("s0", 10), new SurveyedSource("s1", null), At("s2", 20)]);
        Assert.Equal(new LogIndex(20), choice.Limit);
        Assert.Equal(["s2", "s0"], choice.Sources.Select(source => source.Address));
    }

    [Fact]
    public void Nobody_is_an_error_that_names_all_who_were_asked()
    {
        ChorusException error = Assert.Throws<ChorusException>(
            () => SourceChoice.Of([new SurveyedSource("s0", null), new SurveyedSource("s1", null)]));
        Assert.Equal(ExitCodes.Unreachable, error.ExitCode);
        Assert.Contains("s0, s1", error.Message);
    }

    [Fact]
    public void Sources_of_two_clusters_are_refused()
    {
        ChorusException error = Assert.Throws<ChorusException>(
            () => SourceChoice.Of([At("s0", 10), At("s1", 10, Guid.NewGuid())]));
        Assert.Equal("wrong_cluster", error.Code);
    }

    [Fact]
    public void A_preload_that_contradicts_the_cluster_is_refused()
    {
        Assert.Equal(new Preload(5, 6), SourceChoice.PreloadOf(null, "preload 5,6"));
        Assert.Equal(new Preload(5, 6), SourceChoice.PreloadOf(new Preload(5, 6), "preload 5,6"));
        Assert.Equal(default, SourceChoice.PreloadOf(null, ""));
        Assert.Equal(default, SourceChoice.PreloadOf(null, new SlotGeometry(1000, 1024).Base));
        Assert.Throws<ChorusException>(() => SourceChoice.PreloadOf(new Preload(5, 7), "preload 5,6"));
        Assert.Throws<ChorusException>(() => SourceChoice.PreloadOf(null, "something newer"));
    }

    [Fact]
    public void A_directory_for_a_name_that_a_member_has_is_refused()
    {
        SurveyedSource source = At("s0", 10);
        source.Description!.Members.Add(new Common.Protocol.Member { Id = "node1" });
        SourceChoice choice = SourceChoice.Of([At("s1", 20), source]);
        choice.CheckIsNew("node7");
        ChorusException error = Assert.Throws<ChorusException>(() => choice.CheckIsNew("node1"));
        Assert.Equal(ExitCodes.Usage, error.ExitCode);
        Assert.Contains("members remove node1", error.Cure, StringComparison.Ordinal);
    }

    private static SurveyedSource At(string address, ulong last, Guid? cluster = null) => new(
        address,
        new LogDescription
        {
            ClusterId = ByteString.CopyFrom((cluster ?? Cluster).ToByteArray()),
            FirstIndex = 1,
            LastIndex = last,
        });
}
