using System.Text;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Client.Acked;

/// <summary>Reads one key, linearizably.</summary>
internal delegate ValueTask<ClientResult> ReadKey(ReadOnlyMemory<byte> key);

/// <summary>Reads back what a run wrote and judges it.</summary>
internal sealed class Verifier(AckedRun run, ReadKey read)
{
    private const int Readers = 64;
    private const int ExamplesMax = 20;

    private readonly Lock _gate = new();
    private readonly Verdict _verdict = new() { Keys = run.Keys.Count };
    private int _next = -1;

    /// <summary>Keys read so far.</summary>
    public int Done => Math.Min(Volatile.Read(ref _next) + 1, run.Keys.Count);

    public async Task<Verdict> RunAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(cancellation))))
            .ConfigureAwait(false);
        return _verdict;
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested
            && Interlocked.Increment(ref _next) is var i && i < run.Keys.Count)
        {
            AckedKey key = run.Keys[i];
            ClientResult result = await read(Encoding.UTF8.GetBytes(run.NameOf(key))).ConfigureAwait(false);
            lock (_gate)
                Judge(key, result);
        }
    }

    private void Judge(AckedKey key, in ClientResult result)
    {
        if (!result.IsSuccess)
        {
            _verdict.Unread++;
            Note(key, $"could not be read: {result.Message}");
            return;
        }
        bool found = result.Code == Code.Ok;
        if (key.Unknown > 0 && found && Holds(key, key.Unknown, result))
            _verdict.UnknownApplied++;
        else if (key.Acked > 0 && found && Holds(key, key.Acked, result))
            Count(key);
        else if (!found && key.Acked == 0)
            Count(key);
        else if (!found)
            Lose(key, "is gone");
        else if (!ValueStamp.TryRead(result.Payload.Span, run.ValueBytes, out ValueStamp stamp)
            || stamp.Run != run.Run)
            JudgeForeign(key);
        else if (stamp.Caller == key.Caller && stamp.Sequence < key.Acked)
            Lose(key, $"holds the older write {stamp.Sequence}");
        else
            Mistake(key, $"holds write {stamp.Sequence} of caller {stamp.Caller}");
    }

    /// <summary>A value from before the run is right only where no write of the run was acknowledged.</summary>
    private void JudgeForeign(AckedKey key)
    {
        if (key.Acked == 0)
            Count(key);
        else
            Lose(key, "holds a value that the run did not write");
    }

    private bool Holds(AckedKey key, long sequence, in ClientResult result) =>
        result.Payload.Span.SequenceEqual(run.ValueOf(key, sequence));

    private void Count(AckedKey key)
    {
        if (key.Unknown > 0)
            _verdict.UnknownNotApplied++;
        else
            _verdict.Confirmed++;
    }

    private void Lose(AckedKey key, string what)
    {
        _verdict.Lost++;
        Note(key, $"{what}; write {key.Acked} of caller {key.Caller} was acknowledged");
    }

    private void Mistake(AckedKey key, string what)
    {
        _verdict.Wrong++;
        Note(key, $"{what}; expected write {key.Acked}"
            + (key.Unknown > 0 ? $" or {key.Unknown}" : "") + $" of caller {key.Caller}");
    }

    private void Note(AckedKey key, string what)
    {
        if (_verdict.Examples.Count < ExamplesMax)
            _verdict.Examples.Add($"{run.NameOf(key)} {what}");
    }
}
