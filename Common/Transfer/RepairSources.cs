using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Whom a repair asks: the other members and the observers of the cluster, in turn.</summary>
internal sealed class RepairSources
{
    private const int TroublesShownMax = 8;

    private readonly string[] _addresses;
    private readonly long[] _notBefore;
    private readonly bool[] _areObservers;
    private readonly string[] _troubles;
    private readonly LogIndex?[] _snapshotsInstead;
    private readonly long _pauseMicros;
    private int _turn;

    /// <param name="self">Who is not asked.</param>
    /// <param name="configuration">The members that the log names.</param>
    /// <param name="known">Members that are known otherwise: the log may not reach back to where it named them.</param>
    /// <param name="more">Other addresses.</param>
    /// <param name="pauseMicros">How long one that has failed is left alone.</param>
    public RepairSources(
        NodeId self, Configuration configuration, IReadOnlyList<Member> known, IEnumerable<string> more,
        long pauseMicros)
    {
        Member[] members = [.. configuration.Members, .. known];
        Member? own = members.FirstOrDefault(member => member.Id == self);
        string ownAddress = own is null ? "" : MemberAddresses.TransferOf(own);
        _addresses =
        [
            .. members.Where(member => member.Id != self)
                .OrderBy(member => member.Kind == MemberKind.Observer)
                .Select(MemberAddresses.TransferOf).Concat(more)
                .Where(address => address.Length > 0 && address != ownAddress).Distinct(),
        ];
        HashSet<string> observers =
        [
            .. members.Where(member => member.Kind == MemberKind.Observer)
                .Select(MemberAddresses.TransferOf),
        ];
        _areObservers = [.. _addresses.Select(observers.Contains)];
        _notBefore = new long[_addresses.Length];
        _troubles = [.. _addresses.Select(_ => "")];
        _snapshotsInstead = new LogIndex?[_addresses.Length];
        _pauseMicros = pauseMicros;
    }

    /// <summary>Whether there is nobody.</summary>
    public bool IsEmpty => _addresses.Length == 0;

    /// <summary>What went wrong with each, for people; empty where nothing did.</summary>
    public string Troubles
    {
        get
        {
            string[] told =
            [
                .. _addresses.Zip(_troubles, (address, trouble) => (address, trouble))
                    .Where(pair => pair.trouble.Length > 0).Take(TroublesShownMax)
                    .Select(pair => $"{pair.address}: {pair.trouble}"),
            ];
            return told.Length > 0 ? $" ({string.Join("; ", told)})" : "";
        }
    }

    /// <summary>Address of the next one; empty when nobody can be asked now.</summary>
    public string Next(long nowMicros)
    {
        for (int i = 0; i < _addresses.Length; i++)
        {
            _turn = (_turn + 1) % _addresses.Length;
            if (nowMicros >= _notBefore[_turn])
                return _addresses[_turn];
        }
        return "";
    }

    /// <summary>One brought nothing.</summary>
    public void Failed(string address, string why, long nowMicros)
    {
        int at = Array.IndexOf(_addresses, address);
        (_notBefore[at], _troubles[at]) = (nowMicros + _pauseMicros, why);
    }

    /// <summary>One said that it has the records no more, and never will.</summary>
    /// <param name="address">It.</param>
    /// <param name="snapshot">Index of the snapshot that it has instead; 0: none.</param>
    public void HasThemNoMore(string address, LogIndex snapshot) =>
        _snapshotsInstead[Array.IndexOf(_addresses, address)] = snapshot;

    /// <summary>One said something else since.</summary>
    public void MayHaveThem(string address) => _snapshotsInstead[Array.IndexOf(_addresses, address)] = null;

    /// <summary>
    /// Where every single one has said that it has the records no more: one whose snapshot stands for them. Otherwise
    /// null. Of an observer it is enough that it was asked and brought nothing: no majority needs what it has, and one
    /// that was taken off without being removed must not keep a voter from taking part.
    /// </summary>
    /// <param name="until">Index behind the last record that is missing.</param>
    /// <param name="areCommitted">Whether they are known to be committed: then any snapshot will do.</param>
    public string? WhoStandsFor(LogIndex until, bool areCommitted = false)
    {
        for (int i = 0; i < _addresses.Length; i++)
        {
            if (_snapshotsInstead[i] is null && !(_areObservers[i] && _troubles[i].Length > 0))
                return null;
        }
        int at = Array.FindIndex(
            _snapshotsInstead,
            snapshot => snapshot > LogIndex.Zero && (areCommitted || snapshot.Value.Next >= until));
        return at < 0 ? null : _addresses[at];
    }

    /// <summary>One brought records. Who has cut those off may have the next ones: nobody has said anything of them.
    /// </summary>
    public void Succeeded()
    {
        Array.Fill(_troubles, "");
        Array.Clear(_snapshotsInstead);
    }
}
