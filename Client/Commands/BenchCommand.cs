using System.Text.Json.Nodes;
using Chorus.Client.CommandLine;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Client.Settings;
using Chorus.Common.Client;
using Chorus.Common.Hosting;

namespace Chorus.Client.Commands;

/// <summary>
/// <c>bench</c>: a closed loop for comparisons with other systems. Prints BEGIN and END at the edges of the measured
/// window, where the comparing harness samples the processes, then one line of JSON.
/// </summary>
internal static class BenchCommand
{
    private const int ConnectionsMaxByDefault = 16;
    private const long PreloadedSets = 3000;
    private const long PreloadedKeys = 1000;
    private const double TimeoutSec = 5;

    public static CommandSpec Of(Surroundings surroundings) => new()
    {
        Name = "bench",
        Summary = "Measures for comparisons with other systems: prints BEGIN and END at the edges of the measured "
            + "window, then one line of JSON. For people there is 'load'.",
        Flags =
        [
            new FlagSpec("c", "N", "callers, one operation outstanding each (default 64)"),
            new FlagSpec("conns", "N", "connections (default: as many as callers, at most 16)"),
            new FlagSpec("size", "BYTES", "size of a value (default 128)"),
            new FlagSpec("keys", "N", "distinct keys (default 10000)"),
            new FlagSpec("mode", "put|get", "what to do (default put); get first sets 1000 keys"),
            .. ReadChoice.Flags,
            new FlagSpec("warm", "SECONDS", "warm-up (default 2)"),
            new FlagSpec("dur", "SECONDS", "measured window (default 10)"),
            new FlagSpec("sessions", "on|off", "whether writes go out in sessions (default on)"),
            new FlagSpec("addrs", "LIST", "client addresses", Alias: "servers"),
        ],
        Examples =
        [
            new("Client bench -c 64 -size 128 -mode put -warm 2 -dur 10 -addrs :11000,:11001,:11002", "ten seconds"),
        ],
        Run = invocation => RunAsync(surroundings, invocation),
    };

    private static bool UsesSessions(Invocation invocation) => invocation.Get("sessions") switch
    {
        null or "on" => true,
        "off" => false,
        { } other => throw ChorusException.Usage($"-sessions: '{other}' is neither on nor off"),
    };

    private static async Task<int> RunAsync(Surroundings surroundings, Invocation invocation)
    {
        Dictionary<string, string> servers = new() { ["servers"] = invocation.Get("addrs") ?? ":11000" };
        IReadOnlyList<string> addresses = new LoadSettingsReader(null, _ => null, servers).ReadServers();
        bool reads = invocation.Get("mode") switch
        {
            null or "put" => false,
            "get" => true,
            string other => throw ChorusException.Usage($"-mode: there is no mode '{other}'", "Use put or get."),
        };
        ReadChoice choice = ReadChoice.Of(invocation);
        LoadPlan plan = new()
        {
            Clients = (int)invocation.Number("c", 64, 1, LoadSettingSpecs.ClientsMax),
            ValueBytes = (int)invocation.Number("size", 128, 0, LoadSettingSpecs.ValueBytesMax),
            Keys = reads ? PreloadedKeys : (long)invocation.Number("keys", 10_000, 1, 1e12),
            WarmUpSec = invocation.Number("warm", 2, 0, 1e6),
            TimeSec = invocation.Number("dur", 10, 0.01, 1e6),
            ReadShare = reads ? 1 : 0,
            Seed = (ulong)Random.Shared.NextInt64(),
            CountLateAnswers = false,
        };
        int most = Math.Min(plan.Clients, ConnectionsMaxByDefault);
        int count = (int)invocation.Number("conns", most, 1, LoadSettingSpecs.ConnectionsMax);
        List<ClusterAccess> connections = [];
        for (int i = 0; i < Math.Min(count, plan.Clients); i++)
            connections.Add(surroundings.Connect(
                addresses, TimeSpan.FromSeconds(TimeoutSec), true, UsesSessions(invocation), choice, default));
        LoadResult result = await MeasureAsync(surroundings.Terminal, plan, connections, invocation.Stop)
            .ConfigureAwait(false);
        surroundings.Terminal.Out.WriteLine(Answer.Line(Node(result)));
        surroundings.Terminal.Out.Flush();
        foreach (ClusterAccess connection in connections)
            await connection.DisposeAsync().ConfigureAwait(false);
        return ExitCodes.Ok;
    }

    private static async Task<LoadResult> MeasureAsync(
        Terminal terminal, LoadPlan plan, IReadOnlyList<ClusterAccess> connections, CancellationToken stop)
    {
        SendOperation[] sends = [.. connections.Select(connection => connection.Send)];
        if (plan.ReadShare > 0)
            await PreloadAsync(plan, sends[0]).ConfigureAwait(false);
        LoadEngine engine = new(plan, sends)
        {
            PhaseChanged = phase =>
            {
                terminal.Out.WriteLine(phase == LoadPhase.Measure ? "BEGIN" : "END");
                terminal.Out.Flush();
            },
        };
        return await engine.RunAsync(stop).ConfigureAwait(false);
    }

    private static async Task PreloadAsync(LoadPlan plan, SendOperation send)
    {
        CommandBuffer buffer = new(plan.KeyPrefix, plan.KeyDigits, plan.ValueBytes);
        for (long i = 0; i < PreloadedSets; i++)
        {
            ClientResult result = await send(true, buffer.Set(i % PreloadedKeys)).ConfigureAwait(false);
            if (!result.IsSuccess)
                throw Answer.Explain(result);
        }
    }

    private static JsonObject Node(LoadResult result)
    {
        Histogram latency = result.Totals.Service;
        return new JsonObject
        {
            ["ops"] = result.CompletedInWindow,
            ["secs"] = Math.Round(result.WindowSec, 6),
            ["ops_s"] = Math.Round(result.OperationsPerSec, 1),
            ["p50_us"] = latency.PercentileUs(50),
            ["p99_us"] = latency.PercentileUs(99),
            ["max_us"] = latency.MaxUs,
            ["errs"] = result.Totals.Errors.Total,
            ["last_err"] = result.Totals.Errors.LastMessage,
            ["stuck"] = result.Stuck > 0,
        };
    }
}
