using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Client.Measure;

/// <summary>
/// What the callers of one connection measured. They complete on one socket thread, so the lock is all but free;
/// it is there for the sampler, which takes the figures of the last second, and for completions by a timer.
/// </summary>
internal sealed class Recorder(bool openLoop)
{
    private readonly Lock _gate = new();
    private readonly Histogram _service = new();
    private readonly Histogram? _response = openLoop ? new Histogram() : null;
    private readonly ErrorTally _errors = new();
    private Interval _interval = new();
    private Interval _spare = new();
    private long _reads;

    /// <summary>Counts one completion.</summary>
    /// <param name="result">How it ended.</param>
    /// <param name="write">Whether it was a write.</param>
    /// <param name="measured">Whether it was due in the measured window; others only move the progress bar.</param>
    /// <param name="serviceUs">From the send to the answer.</param>
    /// <param name="responseUs">From the moment at which it was due to the answer.</param>
    public void Record(in ClientResult result, bool write, bool measured, long serviceUs, long responseUs)
    {
        lock (_gate)
        {
            if (!result.IsSuccess)
            {
                _interval.Errors++;
                if (result.Code == Code.OutcomeUnknown)
                    _interval.Unknown++;
                if (measured)
                    _errors.Record(result);
                return;
            }
            _interval.Latency.Record(openLoop ? responseUs : serviceUs);
            if (!measured)
                return;
            _service.Record(serviceUs);
            _response?.Record(responseUs);
            if (!write)
                _reads++;
        }
    }

    /// <summary>Hands out what was counted since the last call. The figures are valid until the next call.</summary>
    public Interval Swap()
    {
        lock (_gate)
        {
            (_interval, _spare) = (_spare, _interval);
            _interval.Clear();
            return _spare;
        }
    }

    /// <summary>Adds the measured figures to the totals.</summary>
    public void AddTo(Totals totals)
    {
        lock (_gate)
        {
            totals.Service.Add(_service);
            if (_response is not null)
                totals.Response?.Add(_response);
            totals.Errors.Add(_errors);
            totals.Reads += _reads;
        }
    }
}
