using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>Whom a repair asks: the other members and the observers of the cluster, in turn.</summary>
internal sealed class RepairSources
{
    private const int TroublesShownMax = 8;

    private readonly string[] _addresses;
    private readonly long[] _notBefore;
    private readonly string[] _troubles;
    private readonly long _pauseMicros;
    private int _turn;

    /// <param name="self">Who is not asked.</param>
    /// <param name="configuration">The members that are known.</param>
    /// <param name="more">Other addresses.</param>
    /// <param name="pauseMicros">How long one that has failed is left alone.</param>
    public RepairSources(NodeId self, Configuration configuration, IEnumerable<string> more, long pauseMicros)
    {
        Member? own = configuration.Find(self);
        string ownAddress = own is null ? "" : MemberAddresses.TransferOf(own);
        _addresses =
        [
            .. configuration.Members.Where(member => member.Id != self)
                .OrderBy(member => member.Kind == MemberKind.Observer)
                .Select(MemberAddresses.TransferOf).Concat(more)
                .Where(address => address.Length > 0 && address != ownAddress).Distinct(),
        ];
        _notBefore = new long[_addresses.Length];
        _troubles = [.. _addresses.Select(_ => "")];
        _pauseMicros = pauseMicros;
    }

    /// <summary>Whether there is nobody.</summary>
    public bool IsEmpty => _addresses.Length == 0;

    /// <summary>Whether each of them has been asked, and none has brought anything since.</summary>
    public bool HaveAllFailed => _troubles.All(trouble => trouble.Length > 0);

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

    /// <summary>One brought records.</summary>
    public void Succeeded(string address) => _troubles[Array.IndexOf(_addresses, address)] = "";
}
