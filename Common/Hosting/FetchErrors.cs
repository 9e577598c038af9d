using Chorus.Common.Transfer;

namespace Chorus.Common.Hosting;

/// <summary>A failed fetch in words, with its exit code.</summary>
public static class FetchErrors
{
    /// <summary>Explains a failure.</summary>
    public static ChorusException Explain(FetchFailure failure)
    {
        string why = failure.Text.Length > 0 ? " " + failure.Text : "";
        return failure.Kind switch
        {
            FetchFailureKind.NoLongerKept => ChorusException.Failed(
                "gap",
                $"index {failure.At} is no longer kept by any source; the oldest that one still has is "
                    + $"{failure.FirstKept}.{why}",
                "Name a source that keeps more, such as a replica or a logger with a larger -keep"),
            FetchFailureKind.NotYetThere => ChorusException.Failed(
                "not_there", $"no source has index {failure.At}, and none came to have it.{why}",
                "Name the source that has it, or an earlier -to"),
            FetchFailureKind.Damaged => new ChorusException(
                ExitCodes.Corruption, "corruption", $"index {failure.At} cannot be had undamaged.{why}",
                "Name another source; check the data of this one with Logger verify"),
            FetchFailureKind.Disagreement => new ChorusException(
                ExitCodes.Corruption, "disagreement",
                $"the sources hold different records, and no majority of them says which are right.{why}",
                "Get the state from each alone, and compare their data with Logger diff"),
            FetchFailureKind.WrongCluster => ChorusException.Failed(
                "wrong_cluster", $"the sources belong to another cluster.{why}", "Name sources of one cluster"),
            FetchFailureKind.NotServed => ChorusException.Failed(
                "not_served", $"no source has what was asked for.{why}", "Name another source"),
            _ => new ChorusException(
                ExitCodes.Unreachable, "unreachable", $"no source goes on sending at index {failure.At}.{why}",
                "Start a source, or name another one"),
        };
    }
}
