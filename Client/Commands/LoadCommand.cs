using Chorus.Client.Acked;
using Chorus.Client.CommandLine;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Client.Report;
using Chorus.Client.Settings;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary><c>load</c>: puts load on a cluster and reports what it bore.</summary>
internal static class LoadCommand
{
    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "load",
        Summary = "Puts load on a cluster, prints a table and writes a report with charts. Every flag has a key in "
            + "client-config.toml, where it is explained. Exit code 0 only without failures other than tolerated "
            + "ones; 3 when nothing succeeded for want of a leader.",
        Flags =
        [
            Surroundings.ConfigFlag,
            Surroundings.ServersFlag,
            new FlagSpec("clients", "N", "callers, each with one operation outstanding"),
            new FlagSpec("req", "N", "end after N operations"),
            new FlagSpec("time", "SECONDS", "end after this time"),
            new FlagSpec("key", "N", "number of distinct keys"),
            new FlagSpec("data", "0|1|2|BYTES", "size of a value; 0: 128 B, 1: 1 KiB, 2: 4 KiB"),
            new FlagSpec("size", "BYTES", "size of a value, taken literally"),
            new FlagSpec("reads", "SHARE", "share of reads, 0 to 1"),
            new FlagSpec("readmode", "MODE", "how reads are answered: index, lease, log or stale"),
            new FlagSpec("readfrom", "HOST:PORT", "server that answers all reads (default: the leader)"),
            new FlagSpec("conns", "N", "connections that the callers share"),
            new FlagSpec("rate", "N", "operations that fall due in a second (open loop); 0: closed loop"),
            new FlagSpec("warm", "SECONDS", "warm-up, not measured"),
            new FlagSpec("think", "MSEC", "pause of each caller between two operations"),
            new FlagSpec("seed", "N", "fixes the order of keys"),
            new FlagSpec("prefix", "TEXT", "what every key begins with"),
            new FlagSpec("digits", "N", "least digits of the number in a key"),
            new FlagSpec("timeout", "SECONDS", "deadline of one operation, retries included"),
            new FlagSpec("sessions", "on|off", "whether writes go out in sessions (default on)"),
            new FlagSpec("tolerate", "CODES", "failures that do not fail the load (with -acked: OUTCOME_UNKNOWN)"),
            new FlagSpec("acked", "FILE", "write down what was acknowledged, for 'Client verify FILE'"),
            new FlagSpec("log", "DIR", "folder of the report (default runs/<UTC time>)", Alias: "out"),
            new FlagSpec("rep", "N", "number of replicas, checked against the servers"),
            new FlagSpec("localip", "ADDRESS", "accepted, not used"),
            new FlagSpec("udpport", "PORT", "accepted, not used"),
            Surroundings.OutputFlag,
        ],
        Examples =
        [
            new("Client -config=client-config.toml", "the load in the file"),
            new("Client -config=client-config.toml -clients 256 -time 30 -data 1", "256 callers, values of 1 KiB"),
            new("Client load -servers :11000,:11001,:11002 -rate 5000 -time 60 -reads 0.9", "an open loop"),
            new("Client load -time 30 -acked acked.txt && Client verify acked.txt", "check what was acknowledged"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Answer answer = surroundings.AnswerFor(invocation);
        Terminal terminal = surroundings.Terminal;
        LoadSettings settings = new LoadSettingsReader(
            surroundings.ReadFile(invocation), terminal.Variable, invocation.Flags).Read();
        foreach (string note in settings.Notes)
            terminal.Error.WriteLine($"note: {note}");
        List<ClusterAccess> connections = [];
        try
        {
            for (int i = 0; i < settings.Connections; i++)
                connections.Add(surroundings.Connect(
                    settings.Servers, settings.Timeout, true, settings.UseSession, settings.Reads, default));
            await ProbeAsync(settings, connections[0]).ConfigureAwait(false);
            RunFolder folder = RunFolder.Create(terminal.Folder, settings.Folder, DateTime.UtcNow);
            LoadResult result = await MeasureAsync(terminal, settings, connections, invocation.Stop)
                .ConfigureAwait(false);
            WriteAcked(terminal, settings, result);
            folder.Write(settings, result, Machine.Commit(AppContext.BaseDirectory));
            LoadReport report = new(settings, result);
            answer.Tell(report.Table() + $"  {"report",-30} {folder.Shown}", () => report.Results());
            return ExitCode(answer, settings, result);
        }
        finally
        {
            foreach (ClusterAccess connection in connections)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One read, so that a load against nobody fails at once and says why.</summary>
    private static async Task ProbeAsync(LoadSettings settings, ClusterAccess connection)
    {
        CommandBuffer command = new(settings.Plan.KeyPrefix, settings.Plan.KeyDigits, 0);
        ClientResult result = await connection.Send(false, command.Get(0)).ConfigureAwait(false);
        if (!result.IsSuccess)
            throw Answer.Explain(result);
    }

    private static async Task<LoadResult> MeasureAsync(
        Terminal terminal, LoadSettings settings, IReadOnlyList<ClusterAccess> connections, CancellationToken stop)
    {
        ProgressLine progress = new(terminal.Error, terminal.IsErrorTerminal, terminal.Width);
        LoadEngine engine = new(settings.Plan, [.. connections.Select(connection => connection.Send)])
        {
            Progress = progress.Show,
        };
        LoadResult result = await engine.RunAsync(stop).ConfigureAwait(false);
        progress.End();
        return result;
    }

    private static void WriteAcked(Terminal terminal, LoadSettings settings, LoadResult result)
    {
        if (settings.AckedFile is null || result.Acked is null)
            return;
        AckedFile.Write(Path.Combine(terminal.Folder, settings.AckedFile), new AckedRun
        {
            Run = result.Run,
            KeyPrefix = settings.Plan.KeyPrefix,
            KeyDigits = settings.Plan.KeyDigits,
            ValueBytes = settings.Plan.ValueBytes,
            Servers = settings.Servers,
            Keys = result.Acked,
        });
    }

    private static int ExitCode(Answer answer, LoadSettings settings, LoadResult result)
    {
        ErrorTally errors = result.Totals.Errors;
        if (result.WrongReads > 0)
            return answer.Fail(new ChorusException(
                ExitCodes.CheckFailed, "wrong_reads", result.FirstWrongRead,
                "Keep the data directories of all replicas, and report it."));
        if (result.Interrupted)
            return ExitCodes.Interrupted;
        if (result.Operations == 0 && errors[Code.NotLeader] > 0)
            return answer.Fail(new ChorusException(
                ExitCodes.Unreachable, "no_leader", errors.LastMessage, errors.LastCure));
        if (result.Stuck > 0)
            return answer.Fail(ChorusException.Failed(
                "never_answered", $"{result.Stuck} operations were never answered nor given up",
                "This is a defect of the client library: report it."));
        long untolerated = settings.Untolerated(errors);
        return untolerated == 0 ? ExitCodes.Ok : answer.Fail(ChorusException.Failed(
            "load_failed", $"{untolerated} operations failed; the last one: {errors.LastMessage}", errors.LastCure));
    }
}
