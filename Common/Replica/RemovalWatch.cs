using Chorus.Common.Protocol;
using Chorus.Common.Transfer;
using Chorus.Raft;
using Microsoft.Extensions.Logging;

namespace Chorus.Common.Replica;

/// <summary>
/// Finds out whether the cluster has removed this node, and says so once: nobody sends it the configuration without it.
/// </summary>
/// <remarks>
/// A node that knows of no leader for a while asks the members for theirs, by Transfer. It is removed when a majority
/// of the voters of the newest configuration do not name it, each with all that is committed where it is named here. A
/// member that lags behind that place says nothing about it. Decides nothing: the core goes on as it is.
/// </remarks>
/// <param name="self">This node.</param>
/// <param name="incarnation">Of its data directory.</param>
/// <param name="clusterId">The cluster.</param>
/// <param name="transport">Asks; used while nothing else is fetched.</param>
/// <param name="logger">Hears of it.</param>
internal sealed class RemovalWatch(
    NodeId self, ulong incarnation, Guid clusterId, ITransferClientTransport transport, ILogger logger)
{
    private const long SearchMicros = 3_000_000;
    private const long AskMicros = 2_000_000;
    private const long SendMicros = 100_000;
    private const int MessagesPerRound = 64;
    private const int AskedMax = 2 * Configuration.MembersMax;

    private const string RemovedCure =
        "Start it again with -join to have it taken in again, or stop it and remove its data directory";

    private const string ReplacedCure = "Stop it: this data directory is no longer that of a member";

    private readonly Dictionary<string, LogDescription> _answers = [];
    private readonly Dictionary<string, bool> _asked = [];
    private long? _leaderlessMicros;
    private long _askMicros;
    private long _sendMicros;

    /// <summary>That the cluster has removed this node, with cause and cure; empty as long as that is not known.
    /// </summary>
    public string Removal { get; private set; } = "";

    /// <summary>Once a round of the loop, while nothing is fetched.</summary>
    /// <param name="leader">The leader that is known here; none when there is none.</param>
    /// <param name="configuration">The configuration that is active here.</param>
    /// <param name="index">Its index.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    public void Work(NodeId leader, Configuration configuration, LogIndex index, long nowMicros)
    {
        if (!leader.IsNone || configuration.Members.Count == 0)
        {
            if (_leaderlessMicros is not null)
                Begin();
            return;
        }
        _leaderlessMicros ??= nowMicros;
        if (Removal.Length > 0 || nowMicros - _leaderlessMicros < SearchMicros)
            return;
        Receive(index);
        Judge();
        if (Removal.Length > 0)
            return;
        if (nowMicros >= _askMicros)
        {
            _askMicros = nowMicros + AskMicros;
            Choose(configuration);
        }
        if (nowMicros >= _sendMicros)
        {
            _sendMicros = nowMicros + SendMicros;
            Send();
        }
    }

    /// <summary>Whom to ask now: the members that are known here, and those in the newest configuration that was told.
    /// </summary>
    private void Choose(Configuration configuration)
    {
        string[] addresses =
        [
            .. configuration.All.Where(member => member.Id != self).Select(MemberAddresses.TransferOf),
            .. Newest()?.Members.Where(member => member.Id != self.Value).Select(MemberAddresses.TransferOf) ?? [],
        ];
        _answers.Clear();
        foreach (string gone in _asked.Keys.Except(addresses).ToArray())
        {
            _asked.Remove(gone);
            transport.Disconnect(gone);
        }
        foreach (string address in addresses)
        {
            if (address.Length > 0 && (_asked.Count < AskedMax || _asked.ContainsKey(address)))
                _asked[address] = false;
        }
    }

    // The first attempt only connects.
    private void Send()
    {
        foreach (string address in _asked.Where(asked => !asked.Value).Select(asked => asked.Key).ToArray())
            _asked[address] = TransferRequests.TrySendDescribe(transport, address, clusterId);
    }

    private void Receive(LogIndex index)
    {
        for (int i = 0; i < MessagesPerRound; i++)
        {
            if (!transport.TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body))
                return;
            if (_asked.ContainsKey(address) && TransferRequests.TryReadDescription(header, body, out var description)
                && new Guid(description.ClusterId.Span) == clusterId && description.LastIndex >= index.Value)
                _answers[address] = description;
        }
    }

    private LogDescription? Newest() => _answers.Count == 0
        ? null
        : _answers.Values.MaxBy(answer => (answer.LastIndex, answer.Id));

    private void Judge()
    {
        if (Newest() is not { } newest || Names(newest))
            return;
        string[] voters =
        [
            .. newest.Members.Where(member => member.Kind == Protocol.Member.Types.Kind.Voter)
                .Select(member => member.Id),
        ];
        string[] agreeing =
        [
            .. _answers.Values.Where(answer => !Names(answer)).Select(answer => answer.Id).Distinct()
                .Where(voters.Contains).Order(StringComparer.Ordinal),
        ];
        if (agreeing.Length <= voters.Length / 2)
            return;
        bool isReplaced = newest.Members.Any(member => member.Id == self.Value);
        string why = isReplaced
            ? $"the cluster has given its name to another data directory: so say {string.Join(", ", agreeing)}"
            : $"the cluster has removed it: so say {string.Join(", ", agreeing)}";
        string cure = isReplaced ? ReplacedCure : RemovedCure;
        Removal = $"{why}. {cure}";
        logger.Removed(self, why, cure);
        Forget();
    }

    // A seat that is open may be this node's.
    private bool Names(LogDescription answer) => answer.Members.Any(
        member => member.Id == self.Value && (member.Incarnation == 0 || member.Incarnation == incarnation));

    private void Begin()
    {
        _leaderlessMicros = null;
        Removal = "";
        Forget();
    }

    private void Forget()
    {
        foreach (string address in _asked.Keys)
            transport.Disconnect(address);
        _asked.Clear();
        _answers.Clear();
    }
}
