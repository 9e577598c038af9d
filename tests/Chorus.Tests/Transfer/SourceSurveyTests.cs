using Chorus.Common.Transfer;
using Chorus.Raft;

namespace Chorus.Tests.Transfer;

public sealed class SourceSurveyTests
{
    private const long Patience = 2_000_000;

    [Fact]
    public void A_source_without_a_log_is_told_from_one_that_does_not_answer_until_it_has_one()
    {
        var pair = new TransferPair();
        using var source = new TestSource(pair.Listen("a:1"));
        var survey = new SourceSurvey(pair, source, ["a:1", "b:1"], Patience, Patience);
        Work(survey, source, 500_000);
        Assert.Equal([true, false], survey.Sources.Select(asked => asked.HasRefused));
        Assert.All(survey.Sources, asked => Assert.Null(asked.Description));
        source.Append(3);
        source.Show();
        Work(survey, source, 500_000);
        Assert.False(survey.Sources[0].HasRefused);
        Assert.Equal(new LogIndex(3), survey.Sources[0].Last);
    }

    [Theory]
    [InlineData(1_000_000, 1_500_000)]
    [InlineData(2_000_000, 2_500_000)]
    public void The_others_have_as_long_as_the_owner_says_behind_the_first_answer(long grace, long over)
    {
        var pair = new TransferPair();
        using var source = new TestSource(pair.Listen("a:1"));
        source.Append(3);
        source.Show();
        var survey = new SourceSurvey(pair, source, ["a:1", "b:1"], 5_000_000, grace);
        Work(survey, source, over - 1_000_000);
        Assert.False(survey.IsOver);
        Work(survey, source, 1_000_000);
        Assert.True(survey.IsOver);
    }

    private static void Work(SourceSurvey survey, TestSource source, long micros)
    {
        for (long end = source.MonotonicMicros + micros; source.MonotonicMicros < end; source.MonotonicMicros += 50_000)
        {
            survey.DoWork();
            source.Server.DoWork();
        }
        survey.DoWork();
    }
}
