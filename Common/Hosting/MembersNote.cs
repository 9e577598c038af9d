using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// Writes the members of a replica's cluster down whenever they have changed, beside the loop: whoever has lost the
/// part of the log that names them finds the others again. Owned by the loop.
/// </summary>
internal sealed class MembersNote(IStorage storage, IDiskExecutor executor, IClock? clock = null) : IDiskJob
{
    private const long RetryMicros = 10_000_000;

    private readonly IClock _clock = clock ?? new SystemClock();
    private Configuration _configuration = Configuration.Empty;
    private ulong _index;
    private ulong _noted;
    private long _notBefore;
    private volatile bool _isBusy;

    /// <summary>Looks whether there is something new to write.</summary>
    public void Look(RaftNode node)
    {
        if (node.ConfigurationIndex <= node.Commit)
            Look(node.ConfigurationIndex.Value, node.Configuration);
    }

    /// <summary>Writes a committed configuration, if it has not been written yet.</summary>
    public void Look(ulong index, Configuration configuration)
    {
        if (_isBusy || index == _noted || configuration.Members.Count == 0 || _clock.MonotonicMicros < _notBefore)
            return;
        (_index, _configuration, _isBusy) = (index, configuration, true);
        executor.Post(this);
    }

    /// <inheritdoc/>
    public void Write() => KnownMembers.Store(storage, _configuration);

    /// <inheritdoc/>
    public void Sync() => (_noted, _isBusy) = (_index, false);

    /// <summary>It is a hint, and a file made anew each time: it is tried again later, whatever was wrong.</summary>
    public void Fail(Exception error)
    {
        _notBefore = _clock.MonotonicMicros + RetryMicros;
        _isBusy = false;
    }
}
