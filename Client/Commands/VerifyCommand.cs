using System.Text.Json.Nodes;
using Chorus.Client.Acked;
using Chorus.Client.CommandLine;
using Chorus.Client.Report;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary><c>verify</c>: reads back what a load with <c>-acked</c> wrote.</summary>
internal static class VerifyCommand
{
    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "verify",
        Arguments = [("FILE", "what a load with -acked wrote")],
        Summary = "Reads back every write that a load with -acked FILE had acknowledged. Nobody else may write those "
            + "keys in between. Exit code 4 when a write is lost or a value wrong, 3 when not everything could be "
            + "read. A write whose outcome was unknown may be there or not.",
        Flags = Surroundings.ClusterFlags,
        Examples =
        [
            new("Client load -time 30 -acked acked.txt", "write for 30 s"),
            new("Client verify acked.txt", "read everything back"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        AckedRun run = ReadFile(Path.Combine(surroundings.Terminal.Folder, invocation.Arguments[0]));
        await using ClusterAccess cluster = surroundings.Open(invocation);
        Verdict verdict = await new Verifier(run, cluster.GetAsync)
            .RunAsync(invocation.Stop).ConfigureAwait(false);
        answer.Tell(Text(verdict), () => Node(verdict));
        if (verdict.Lost + verdict.Wrong > 0)
            return answer.Fail(new ChorusException(
                ExitCodes.CheckFailed, "writes_lost",
                $"{verdict.Lost} acknowledged writes are lost, {verdict.Wrong} keys hold a wrong value",
                "Keep the data directories of all replicas, and report it."));
        return verdict.Unread == 0 ? ExitCodes.Ok : answer.Fail(new ChorusException(
            ExitCodes.Unreachable, "not_read", $"{verdict.Unread} keys could not be read",
            "Verify again when the cluster has a leader."));
    }

    private static AckedRun ReadFile(string path)
    {
        try
        {
            return AckedFile.Read(path);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw ChorusException.Failed(
                "bad_file", error.Message, "Name a file that 'Client load -acked FILE' wrote at its end.", error);
        }
    }

    private static string Text(Verdict verdict)
    {
        string examples = string.Concat(verdict.Examples.Select(example => example + "\n"));
        string unknown = verdict.UnknownApplied + verdict.UnknownNotApplied == 0 ? "" :
            $" ({verdict.UnknownApplied} unknown writes were applied, {verdict.UnknownNotApplied} were not)";
        string unread = verdict.Unread == 0 ? "" : $", {Units.Count(verdict.Unread)} not read";
        return $"{examples}{Units.Count(verdict.Keys)} keys: {Units.Count(verdict.Lost)} lost, "
            + $"{Units.Count(verdict.Wrong)} wrong{unread}{unknown}";
    }

    private static JsonObject Node(Verdict verdict) => new()
    {
        ["keys"] = verdict.Keys,
        ["confirmed"] = verdict.Confirmed,
        ["unknown_applied"] = verdict.UnknownApplied,
        ["unknown_not_applied"] = verdict.UnknownNotApplied,
        ["lost"] = verdict.Lost,
        ["wrong"] = verdict.Wrong,
        ["unread"] = verdict.Unread,
        ["examples"] = new JsonArray([.. verdict.Examples.Select(example => JsonValue.Create(example))]),
    };
}
