using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Client.Acked;

/// <summary>
/// One caller's account of its own keys, which nobody else writes. After a write whose outcome is unknown the key is
/// retired: it is never written or read again in the run, and another key takes its place. So at the end a key holds
/// its last acknowledged value, or, if it was retired, that one or the unknown one, however late the unknown write
/// takes effect; nothing else is right.
/// </summary>
internal sealed class AckedKeys
{
    private readonly uint _run;
    private readonly int _caller;
    private readonly int _callers;
    private readonly int _valueBytes;
    private readonly long[] _keys;
    private readonly long[] _acked;
    private readonly List<AckedKey> _retired = [];
    private long _nextFreshKey;
    private long _sequence;
    private long _chosen;
    private bool _writing;

    /// <param name="run">Number of the run.</param>
    /// <param name="caller">0-based number of the caller, who owns the keys equal to it modulo the callers.</param>
    /// <param name="plan">Number of callers and keys, size of values.</param>
    public AckedKeys(uint run, int caller, LoadPlan plan)
    {
        (_run, _caller, _callers, _valueBytes) = (run, caller, plan.Clients, plan.ValueBytes);
        long count = Math.Max(1, (plan.Keys - caller + plan.Clients - 1) / plan.Clients);
        _keys = new long[count];
        _acked = new long[count];
        for (int i = 0; i < count; i++)
            _keys[i] = caller + ((long)i * plan.Clients);
        _nextFreshKey = caller + (count * plan.Clients);
    }

    /// <summary>Reads that did not show the last acknowledged value.</summary>
    public long WrongReads { get; private set; }

    /// <summary>What the first wrong read showed.</summary>
    public string FirstWrongRead { get; private set; } = "";

    /// <summary>Chooses the key of the next operation.</summary>
    public long Choose(ref RandomSequence random)
    {
        _chosen = random.NextBelow(_keys.Length);
        return _keys[_chosen];
    }

    /// <summary>Stamps the value of a write of the chosen key.</summary>
    public void BeginWrite(Span<byte> value)
    {
        _writing = true;
        new ValueStamp(_run, _caller, ++_sequence).WriteTo(value);
    }

    /// <summary>Takes down how the write ended.</summary>
    public void EndWrite(Code code)
    {
        _writing = false;
        if (code == Code.Ok)
            _acked[_chosen] = _sequence;
        else if (ErrorTally.IsUnknown(code))
            Retire();
    }

    /// <summary>Compares what a read of the chosen key showed with the account.</summary>
    public void CheckRead(in ClientResult result)
    {
        if (!result.IsSuccess)
            return;
        bool stamped = ValueStamp.TryRead(result.Payload.Span, _valueBytes, out ValueStamp stamp);
        bool ours = result.Code == Code.Ok && stamped && stamp.Run == _run;
        long shown = ours && stamp.Caller == _caller ? stamp.Sequence : 0;
        bool right = _acked[_chosen] == 0 ? !ours : shown == _acked[_chosen];
        if (right)
            return;
        string what = result.Code == Code.NotFound ? "nothing"
            : ours ? $"write {stamp.Sequence} of caller {stamp.Caller}" : "a value of somebody else";
        if (WrongReads++ == 0)
            FirstWrongRead = $"key {_keys[_chosen]}: write {_acked[_chosen]} was acknowledged, read shows {what}";
    }

    /// <summary>All keys that were written. Once the caller has ended; a write still outstanding is unknown.</summary>
    public IEnumerable<AckedKey> Result()
    {
        if (_writing)
            EndWrite(Code.OutcomeUnknown);
        for (int i = 0; i < _keys.Length; i++)
            if (_acked[i] > 0)
                yield return new AckedKey(_keys[i], _caller, _acked[i], 0);
        foreach (AckedKey key in _retired)
            yield return key;
    }

    private void Retire()
    {
        _retired.Add(new AckedKey(_keys[_chosen], _caller, _acked[_chosen], _sequence));
        _keys[_chosen] = _nextFreshKey;
        _acked[_chosen] = 0;
        _nextFreshKey += _callers;
    }
}
