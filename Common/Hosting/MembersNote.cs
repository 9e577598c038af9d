using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// Writes the members of a replica's cluster down whenever they have changed, beside the loop: whoever has lost the
/// part of the log that names them finds the others again. Owned by the loop.
/// </summary>
internal sealed class MembersNote(IStorage storage, IDiskExecutor executor) : IDiskJob
{
    private Configuration _configuration = Configuration.Empty;
    private ulong _noted;
    private volatile bool _isBusy;

    /// <summary>Looks whether there is something new to write.</summary>
    public void Look(RaftNode node)
    {
        ulong index = node.ConfigurationIndex.Value;
        if (_isBusy || index == _noted || index > node.Commit.Value || node.Configuration.Members.Count == 0)
            return;
        (_noted, _configuration, _isBusy) = (index, node.Configuration, true);
        executor.Post(this);
    }

    /// <inheritdoc/>
    public void Write() => KnownMembers.Store(storage, _configuration);

    /// <inheritdoc/>
    public void Sync() => _isBusy = false;

    /// <summary>It is a hint: the next change of the members is written again.</summary>
    public void Fail(Exception error) => _isBusy = false;
}
