using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>
/// Whom a node that is far behind asks next: the other voters and learners in turn, then observers, the leader last,
/// for it has enough to do. Who failed is left alone for a while. Where those of one kind offer snapshots instead of
/// the log, and none of them keeps it, the newest is taken: the log behind it is the shortest.
/// </summary>
internal sealed class CatchUpSources(ReplicaOptions options, RaftNode node, PeerLink link)
{
    private const long BackOffMicros = 500_000;
    private const long BackOffMicrosMax = 30_000_000;

    private readonly Dictionary<string, (long Until, long Pause)> _failed = [];
    private readonly Dictionary<string, LogIndex> _offers = [];
    private ulong _turn = options.Seed;

    private string LeaderAddress => node.Leader.IsNone ? "" : link.TransferAddressOf(node.Leader);

    /// <summary>
    /// Transfer address of the next source that has not offered a snapshot instead; empty when nobody can be asked now.
    /// </summary>
    public string Next(long nowMicros)
    {
        string[][] ranks = [.. Enumerable.Range(0, 3).Select(rank => Addresses(rank))];
        _turn++;
        foreach (string[] addresses in ranks)
        {
            for (ulong i = 0; i < (ulong)addresses.Length; i++)
            {
                string address = addresses[(_turn + i) % (ulong)addresses.Length];
                bool isLeft = _offers.ContainsKey(address)
                    || (_failed.TryGetValue(address, out var failure) && nowMicros < failure.Until);
                if (!isLeft)
                    return address;
            }
            // Those who come next may keep a log that is far longer than a snapshot and what is behind it.
            if (_offers.Count > 0)
                return "";
        }
        return "";
    }

    /// <summary>A source brought nothing: it is left alone, longer each time.</summary>
    public void Failed(string address, long nowMicros)
    {
        // As many names as a cluster can have members; who came and went is forgotten.
        if (_failed.Count > Configuration.MembersMax)
            _failed.Clear();
        long pause = _failed.TryGetValue(address, out var before)
            ? Math.Min(before.Pause * 2, BackOffMicrosMax)
            : BackOffMicros;
        _failed[address] = (nowMicros + pause, pause);
    }

    /// <summary>A source brought records.</summary>
    public void Succeeded(string address)
    {
        _failed.Remove(address);
        ForgetOffers();
    }

    /// <summary>A source no longer keeps what is missing here, and has a snapshot instead.</summary>
    public void Offered(string address, LogIndex snapshot) => _offers[address] = snapshot;

    /// <summary>Whoever offers a snapshot is asked anew.</summary>
    public void ForgetOffers() => _offers.Clear();

    /// <summary>Takes up the newest snapshot that was offered; all offers are gone then.</summary>
    /// <returns>Its source; empty where nobody has offered one.</returns>
    public string TakeNewest()
    {
        string newest = _offers.Count == 0 ? "" : _offers.MaxBy(offer => (offer.Value.Value, offer.Key)).Key;
        _offers.Clear();
        return newest;
    }

    private string[] Addresses(int rank)
    {
        List<string> addresses = [];
        foreach (Member member in node.Configuration.All)
        {
            int own = member.Id == node.Leader ? 2 : member.Kind == MemberKind.Observer ? 1 : 0;
            string address = own == rank && member.Id != options.Id ? MemberAddresses.TransferOf(member) : "";
            if (address.Length > 0)
                addresses.Add(address);
        }
        // A node that has just joined knows its leader before any configuration that names it.
        if (rank == 2 && addresses.Count == 0 && LeaderAddress is { Length: > 0 } leader)
            addresses.Add(leader);
        if (rank == 0 && node.Configuration.Members.Count == 0)
            addresses.AddRange(options.KnownSources.Where(address => address != LeaderAddress));
        return [.. addresses];
    }
}
