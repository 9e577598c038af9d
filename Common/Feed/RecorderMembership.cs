using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Feed;

/// <summary>
/// What the record says about its cluster: whom to follow, to whom to report, and whether the observer still belongs.
/// </summary>
internal sealed class RecorderMembership
{
    private readonly RecorderOptions _options;
    private bool _hasCaughtUp;
    private bool _wasNamed;
    private long _namedMicros;

    /// <summary>Begins with what the disk held.</summary>
    public RecorderMembership(RecorderOptions options, IReadOnlyList<ConfigurationEntry> recovered, long nowMicros)
    {
        _options = options;
        _namedMicros = nowMicros;
        if (recovered.Count > 0)
            Latest = recovered[^1].Configuration;
        // Who was just taken in is named by a record that is still to come, even where the last one dropped it.
        _wasNamed = options.Members.Count > 0
            ? IsNamed(Latest)
            : recovered.Any(entry => IsNamed(entry.Configuration));
        if (recovered.Count == 0)
            Latest = new Configuration(options.KnownMembers.DistinctBy(member => member.Id));
        ReportAddresses = Addresses();
    }

    /// <summary>The newest configuration that is known.</summary>
    public Configuration Latest { get; private set; } = Configuration.Empty;

    /// <summary>Transfer addresses of all replicas, each of which may come to lead, and of the upstream.</summary>
    public IReadOnlyList<string> ReportAddresses { get; private set; }

    /// <summary>
    /// Whom to follow. History names members that are long gone, so until the record has caught up those count too that
    /// the cluster has named itself.
    /// </summary>
    public IReadOnlyList<FollowSource> Sources => FollowSources.Of(Members, _options.Id, _options.Upstream);

    private IEnumerable<Member> Members =>
        _hasCaughtUp ? Latest.All : _options.Members.Concat(Latest.All);

    /// <summary>Takes a configuration that was recorded.</summary>
    /// <returns>Whether it can be read.</returns>
    public bool TryTake(ReadOnlySpan<byte> payload)
    {
        if (!ConfigurationCodec.TryDecode(payload, out Configuration? configuration, out _))
            return false;
        Latest = configuration;
        _wasNamed |= IsNamed(configuration);
        ReportAddresses = Addresses();
        return true;
    }

    /// <summary>Notes whether the record has caught up.</summary>
    /// <param name="isLive">Whether the follower takes records as they are committed.</param>
    /// <param name="nowMicros">Monotonic time.</param>
    /// <param name="isRemoved">Whether the cluster no longer names the observer.</param>
    /// <returns>Whether <see cref="Sources"/> have changed by this.</returns>
    public bool Judge(bool isLive, long nowMicros, out bool isRemoved)
    {
        if (!isLive || !_wasNamed || IsNamed(Latest))
            _namedMicros = nowMicros;
        isRemoved = nowMicros - _namedMicros >= _options.RemovalMicros;
        if (_hasCaughtUp || !isLive || !IsNamed(Latest))
            return false;
        _hasCaughtUp = true;
        ReportAddresses = Addresses();
        return true;
    }

    private string[] Addresses() =>
    [
        .. Members
            .Where(member => member.Kind != MemberKind.Observer || member.Id.Value == _options.Upstream)
            .Select(MemberAddresses.TransferOf).Where(address => address.Length > 0).Distinct(),
    ];

    private bool IsNamed(Configuration configuration) =>
        configuration.Find(_options.Id) is { Kind: MemberKind.Observer } self
        && (self.Incarnation == _options.Incarnation || self.Incarnation == 0);
}
