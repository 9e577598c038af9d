using Chorus.Common.Log;
using Chorus.Common.Protocol;
using Chorus.Raft;

namespace Chorus.Common.Replica;

/// <summary>One session: when it was active, and what its client has not acknowledged, by rising sequence.</summary>
/// <param name="id">Index of the record that opened it.</param>
internal sealed class Session(ulong id)
{
    private const int SizeAtFirst = 4;

    // A ring: answers come in at its end, mostly, and leave at its beginning.
    private KeptAnswer[] _ring = [];
    private int _head;
    private ulong _answersHash;
    private ulong _activityHash;

    public ulong Id => id;

    /// <summary>Index of the last record that concerned it, and its time.</summary>
    public LogIndex ActivityIndex { get; private set; }

    public long ActivityMicros { get; private set; }

    /// <summary>The client has all answers below this sequence.</summary>
    public ulong AcknowledgedBelow { get; private set; } = 1;

    /// <summary>Answers that are kept or awaited.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the answers kept.</summary>
    public long Bytes { get; private set; }

    public ulong Digest => _activityHash + _answersHash;

    /// <summary>Neighbours by activity.</summary>
    public Session? Older { get; set; }

    public Session? Younger { get; set; }

    private ref KeptAnswer this[int offset] => ref _ring[(_head + offset) & (_ring.Length - 1)];

    /// <summary>The answer at a place, oldest first.</summary>
    public KeptAnswer At(int offset) => this[offset];

    /// <summary>A record concerns it.</summary>
    public void Touch(LogIndex index, long timeMicros, ulong acknowledgedBelow)
    {
        (ActivityIndex, ActivityMicros) = (index, timeMicros);
        if (acknowledgedBelow > AcknowledgedBelow)
            Acknowledge(acknowledgedBelow);
        ulong h = RecordCodec.Step(RecordCodec.Step(id, AcknowledgedBelow), index.Value);
        _activityHash = RecordCodec.Step(h, (ulong)timeMicros);
    }

    /// <summary>Looks for a sequence.</summary>
    /// <returns>Its place; or the complement of the place where it belongs.</returns>
    public int Find(ulong sequence)
    {
        if (Count == 0 || this[Count - 1].Sequence < sequence)
            return ~Count;
        // Mostly there are no gaps.
        ulong distance = sequence - this[0].Sequence;
        if (distance < (ulong)Count && this[(int)distance].Sequence == sequence)
            return (int)distance;
        (int low, int high) = (0, Count - 1);
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ulong found = this[middle].Sequence;
            if (found == sequence)
                return middle;
            if (found < sequence)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    /// <summary>Puts an answer in its place.</summary>
    /// <param name="place">From <see cref="Find"/>, as a place.</param>
    /// <param name="answer">The answer, perhaps pending.</param>
    public void Insert(int place, in KeptAnswer answer)
    {
        if (Count == _ring.Length)
            Grow();
        for (int i = Count; i > place; i--)
            this[i] = this[i - 1];
        this[place] = answer;
        Count++;
        Added(answer);
    }

    /// <summary>The answer to a pending command is there.</summary>
    public void Complete(int place, Code code, byte[] payload)
    {
        ref KeptAnswer answer = ref this[place];
        Check.That(answer.IsPending, "a command is answered once");
        answer = answer with { Code = code, Payload = payload };
        Added(answer);
    }

    /// <summary>A copy that shares nothing that changes.</summary>
    public Session Copy()
    {
        var copy = (Session)MemberwiseClone();
        copy._ring = [.. _ring];
        copy.Older = copy.Younger = null;
        return copy;
    }

    private void Added(in KeptAnswer answer)
    {
        Bytes += answer.Bytes;
        _answersHash += answer.Hash(id);
    }

    private void Acknowledge(ulong below)
    {
        AcknowledgedBelow = below;
        while (Count > 0 && this[0].Sequence < below)
        {
            ref KeptAnswer answer = ref this[0];
            Bytes -= answer.Bytes;
            _answersHash -= answer.Hash(id);
            answer = default;
            _head = (_head + 1) & (_ring.Length - 1);
            Count--;
        }
    }

    private void Grow()
    {
        var larger = new KeptAnswer[Math.Max(SizeAtFirst, _ring.Length * 2)];
        for (int i = 0; i < Count; i++)
            larger[i] = this[i];
        (_ring, _head) = (larger, 0);
    }
}
