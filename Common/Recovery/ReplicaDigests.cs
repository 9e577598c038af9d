using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Raft;
using Member = Chorus.Common.Protocol.Member;

namespace Chorus.Common.Recovery;

/// <summary>Asks replicas for the digests of their states, and chooses the index at which to compare.</summary>
/// <param name="ask">Asks all replicas at once; those that do not answer are left out.</param>
public sealed class ReplicaDigests(Func<IReadOnlyList<Status>> ask)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks the client addresses, and those that the replicas there name.</summary>
    /// <param name="addresses"><c>host:port</c>; what is none is not asked.</param>
    /// <param name="clusterId">Replicas of another cluster are refused.</param>
    public static IReadOnlyList<Status> Ask(IReadOnlyList<string> addresses, Guid clusterId)
    {
        string[] known =
            [.. addresses.Where(address => HostEndpoint.TryParse(address, out _, out _)).Distinct()];
        if (known.Length == 0)
            return [];
        Status[] answers = AskAsync(known).GetAwaiter().GetResult();
        Status? foreign = answers.FirstOrDefault(
            status => !status.ClusterId.Span.SequenceEqual(clusterId.ToByteArray()));
        return foreign is null
            ? answers
            : throw ChorusException.Failed(
                "wrong_cluster", $"replica {foreign.Id} belongs to another cluster than the sources",
                "Name client addresses of the sources' own cluster with -servers");
    }

    /// <summary>What the replicas' state machines held before entry 1; null: nobody says.</summary>
    public string? StateBase { get; private set; }

    /// <summary>The same with an open end, not before anything that a replica knows to be committed now.</summary>
    /// <param name="limit">Newest index that a source has.</param>
    /// <param name="stop">Ends the wait.</param>
    public Comparison ChooseBehindCommit(LogIndex limit, CancellationToken stop)
    {
        ulong commit = ask().Select(status => status.CommitIndex).DefaultIfEmpty().Max();
        return Choose(LogIndex.Max(limit, new LogIndex(commit)), null, stop);
    }

    /// <summary>
    /// Chooses the index. A digest is known only of the index at which a replica stands when it is asked; so where the
    /// end is open, that index is the end.
    /// </summary>
    /// <param name="limit">Newest index that a source has.</param>
    /// <param name="to">The end that was asked for; null: open.</param>
    /// <param name="stop">Ends the wait.</param>
    public Comparison Choose(LogIndex limit, LogIndex? to, CancellationToken stop)
    {
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        LogIndex end = to ?? limit;
        while (true)
        {
            IReadOnlyList<Status> answers = ask();
            StateBase ??= answers.Count > 0 ? answers[0].StateBase : null;
            if (answers.Count == 0)
                return Comparison.None(end, "no replica could be asked for its digest; name their addresses: -servers");
            ulong at = to?.Value ?? answers.Select(status => status.AppliedIndex).Where(index => index >= limit.Value)
                .DefaultIfEmpty().Min();
            Status[] there =
                [.. answers.Where(status => at > 0 && status.AppliedIndex == at && status.Digest.Length > 0)];
            if (there.Length > 0)
                return Agreed(new LogIndex(at), there);
            if (to is not null && answers.All(status => status.AppliedIndex > at))
            {
                return Comparison.None(
                    end, "the replicas are beyond that index, and tell the digest of their newest state only");
            }
            stop.ThrowIfCancellationRequested();
            if (Environment.TickCount64 >= deadline)
                return Comparison.None(end, $"no replica has told its digest at index {end} within 5 s");
            stop.WaitHandle.WaitOne(Pause);
        }
    }

    private static Comparison Agreed(LogIndex index, Status[] there)
    {
        Status? other = there.FirstOrDefault(status => status.Digest != there[0].Digest);
        if (other is not null)
        {
            throw new ChorusException(
                ExitCodes.CheckFailed, "divergence",
                $"replicas {there[0].Id} and {other.Id} hold different states at index {index}: {there[0].Digest} and "
                    + other.Digest,
                "Keep the data of both for study; the one that differs from the majority must be replaced");
        }
        return new Comparison(index, there[0].Digest, [.. there.Select(status => status.Id)], "");
    }

    private static async Task<Status[]> AskAsync(string[] addresses)
    {
        await using var client = new ChorusClient(
            new ChorusClientOptions { Servers = addresses, Timeout = AnswerTimeout });
        List<Status> answers = [.. await AskAllAsync(client, addresses).ConfigureAwait(false)];
        string[] others =
        [
            .. answers.SelectMany(status => status.Members).Select(member => member.Member)
                .Where(member => member.Kind != Member.Types.Kind.Observer)
                .Where(member => answers.All(status => status.Id != member.Id))
                .Select(member => member.ClientAddress).Except(addresses)
                .Where(address => HostEndpoint.TryParse(address, out _, out _)).Distinct(),
        ];
        answers.AddRange(await AskAllAsync(client, others).ConfigureAwait(false));
        return [.. answers.DistinctBy(status => status.Id)];
    }

    private static async Task<IEnumerable<Status>> AskAllAsync(ChorusClient client, string[] addresses)
    {
        Status?[] answers =
            await Task.WhenAll(addresses.Select(address => client.StatusAsync(address))).ConfigureAwait(false);
        return answers.OfType<Status>();
    }
}
