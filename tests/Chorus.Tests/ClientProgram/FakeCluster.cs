using System.Collections.Concurrent;
using Chorus.Client.Commands;
using Chorus.Client.Load;
using Chorus.Common.Client;
using Chorus.Common.Protocol;
using Chorus.Common.Transfer;

namespace Chorus.Tests.ClientProgram;

/// <summary>A key-value store in memory that answers as a cluster would, in the way a test wants it to.</summary>
internal sealed class FakeCluster
{
    private long _operations;

    public ConcurrentDictionary<string, byte[]> Values { get; } = new();

    public ConcurrentQueue<string> Commands { get; } = new();

    /// <summary>Called for each write with its number from 1; anything but Ok is answered instead of it.</summary>
    public Func<long, Code> Outcome { get; init; } = _ => Code.Ok;

    /// <summary>Whether a write of unknown outcome is applied.</summary>
    public bool ApplyUnknown { get; init; }

    /// <summary>Answers from another thread instead of at once.</summary>
    public bool Asynchronous { get; init; }

    public long Operations => Interlocked.Read(ref _operations);

    public SendOperation Send => SendAsync;

    /// <summary>What each address answers to a request for its state.</summary>
    public Dictionary<string, Status> Statuses { get; } = [];

    /// <summary>What each transfer address answers to whoever asks what is recorded there.</summary>
    public Dictionary<string, LogDescription> Descriptions { get; } = [];

    /// <summary>Changes of the members that were asked for.</summary>
    public List<MemberChange> Changes { get; } = [];

    /// <summary>Transfer addresses where somebody answers who has no log yet.</summary>
    public HashSet<string> Empty { get; } = [];

    /// <summary>What is answered to whoever wants other members; null: it is done.</summary>
    public ClientResult? ChangeRefusal { get; set; }

    /// <summary>What is answered to whoever wants another leader; null: it is done.</summary>
    public ClientResult? TransferRefusal { get; set; }

    /// <summary>Addresses of every connection that was opened.</summary>
    public List<IReadOnlyList<string>> Connections { get; } = [];

    /// <summary>How reads were to be answered, for every connection that was opened.</summary>
    public List<ReadChoice> Reads { get; } = [];

    /// <summary>Opens a connection to this cluster.</summary>
    public ClusterAccess Connect(
        IReadOnlyList<string> servers, TimeSpan timeout, bool completeInline, bool session, ReadChoice reads,
        CancellationToken stop)
    {
        Connections.Add(servers);
        Reads.Add(reads);
        return new ClusterAccess
        {
            Send = SendAsync,
            Status = address => Task.FromResult(Statuses.GetValueOrDefault(address)),
            Describe = addresses => Task.FromResult<IReadOnlyList<SurveyedSource>>(
                [.. addresses.Select(at => new SurveyedSource(at, Descriptions.GetValueOrDefault(at))
                {
                    HasRefused = Empty.Contains(at),
                })]),
            ChangeMembers = changes =>
            {
                Changes.AddRange(changes);
                return new(ChangeRefusal ?? new ClientResult(Code.Ok, "a (voter)"u8.ToArray(), 0, "", ""));
            },
            TransferLeadership = target =>
            {
                byte[] leader = System.Text.Encoding.UTF8.GetBytes(target.Length > 0 ? target : "node2");
                return new(TransferRefusal ?? new ClientResult(Code.Ok, leader, 0, "", ""));
            },
            Close = () => ValueTask.CompletedTask,
        };
    }

    public ClientResult Get(ReadOnlyMemory<byte> key) => Read(System.Text.Encoding.UTF8.GetString(key.Span));

    private async ValueTask<ClientResult> SendAsync(bool write, ReadOnlyMemory<byte> command)
    {
        if (Asynchronous)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return Apply(write, command);
    }

    private ClientResult Apply(bool write, ReadOnlyMemory<byte> command)
    {
        long number = Interlocked.Increment(ref _operations);
        KvCommand parsed = KvCommand.Parser.ParseFrom(command.Span);
        string key = parsed.Key.ToStringUtf8();
        if (Commands.Count < 10_000)
            Commands.Enqueue($"{parsed.Operation} {key}");
        if (!write)
            return Read(key);
        if (parsed.Operation == KvCommand.Types.Operation.Delete)
            return new ClientResult(
                Values.TryRemove(key, out _) ? Code.Ok : Code.NotFound, default, (ulong)number, "", "");
        Code code = Outcome(number);
        if (code == Code.Ok || (code == Code.OutcomeUnknown && ApplyUnknown))
            Values[key] = parsed.Value.ToByteArray();
        return new ClientResult(code, default, (ulong)number, code == Code.Ok ? "" : $"refused with {code}", "");
    }

    private ClientResult Read(string key) => Values.TryGetValue(key, out byte[]? value)
        ? new ClientResult(Code.Ok, value, 0, "", "")
        : new ClientResult(Code.NotFound, default, 0, "", "");
}
