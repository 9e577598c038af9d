using Chorus.Client.Load;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Messaging;
using Chorus.Common.Protocol;
using Chorus.Common.Recovery;
using Chorus.Common.Transfer;

namespace Chorus.Client.Commands;

/// <summary>How to open a connection to a cluster.</summary>
/// <param name="servers">Client addresses.</param>
/// <param name="timeout">Deadline of one operation.</param>
/// <param name="completeInline">Whether answers are handled on the connection's own thread.</param>
/// <param name="session">Whether writes go out in a session.</param>
/// <param name="reads">How reads are answered, and by whom.</param>
/// <param name="stop">Ends every wait for an answer.</param>
internal delegate ClusterAccess ConnectCluster(
    IReadOnlyList<string> servers, TimeSpan timeout, bool completeInline, bool session, ReadChoice reads,
    CancellationToken stop);

/// <summary>What the commands use of a client, so that tests can put a cluster in memory behind them.</summary>
internal sealed record ClusterAccess : IAsyncDisposable
{
    private static readonly TimeSpan DescribePatience = TimeSpan.FromSeconds(2);

    /// <summary>Sends a command of the key-value protocol.</summary>
    public required SendOperation Send { get; init; }

    /// <summary>Asks one address for its state; null when it does not answer in time.</summary>
    public required Func<string, Task<Status?>> Status { get; init; }

    /// <summary>Asks transfer addresses what is recorded there, all at once, for two seconds at most.</summary>
    public required Func<IReadOnlyList<string>, Task<IReadOnlyList<SurveyedSource>>> Describe { get; init; }

    /// <summary>Changes the members, all that is named or nothing.</summary>
    public required Func<IReadOnlyList<MemberChange>, ValueTask<ClientResult>> ChangeMembers { get; init; }

    /// <summary>Has another voter lead; empty: whoever has most of the log.</summary>
    public required Func<string, ValueTask<ClientResult>> TransferLeadership { get; init; }

    public required Func<ValueTask> Close { get; init; }

    /// <summary>Opens a connection with the client library.</summary>
    public static ClusterAccess Connect(
        IReadOnlyList<string> servers, TimeSpan timeout, bool completeInline, bool session, ReadChoice reads,
        CancellationToken stop)
    {
        ChorusClient client = new(new ChorusClientOptions
        {
            Servers = servers,
            Timeout = timeout,
            CompleteInline = completeInline,
            UseSession = session,
            Reads = reads.Mode,
            ReadFrom = reads.From,
        });
        return new ClusterAccess
        {
            Send = (write, command) => write ? client.WriteAsync(command, stop) : client.ReadAsync(command, stop),
            Status = address => client.StatusAsync(address, stop),
            Describe = addresses => Task.Run(() => AskSources(addresses, timeout, stop), stop),
            ChangeMembers = changes => client.ChangeMembersAsync(changes, stop),
            TransferLeadership = target => client.TransferLeadershipAsync(target, stop),
            Close = client.DisposeAsync,
        };
    }

    public ValueTask<ClientResult> GetAsync(ReadOnlyMemory<byte> key) =>
        Send(false, KvClient.Encode(KvCommand.Types.Operation.Get, key, default));

    public ValueTask<ClientResult> SetAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) =>
        Send(true, KvClient.Encode(KvCommand.Types.Operation.Set, key, value));

    public ValueTask<ClientResult> DeleteAsync(ReadOnlyMemory<byte> key) =>
        Send(true, KvClient.Encode(KvCommand.Types.Operation.Delete, key, default));

    public ValueTask<ClientResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? expected, ReadOnlyMemory<byte> value) =>
        Send(true, KvClient.EncodeCompareAndSet(key, expected, value));

    public ValueTask<ClientResult> IncrementAsync(ReadOnlyMemory<byte> key, long delta) =>
        Send(true, KvClient.EncodeIncrement(key, delta));

    public ValueTask DisposeAsync() => Close();

    private static IReadOnlyList<SurveyedSource> AskSources(
        IReadOnlyList<string> addresses, TimeSpan timeout, CancellationToken stop)
    {
        TimeSpan patience = timeout < DescribePatience ? timeout : DescribePatience;
        using var context = new ZmqContext();
        using var pump = new Pump(context, new SystemClock(), stop);
        return pump.Survey(addresses, (long)patience.TotalMicroseconds);
    }
}
