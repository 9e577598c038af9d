using Chorus.Common.Log;
using Chorus.Raft;

namespace Chorus.Tests.Log;

/// <summary>
/// Random work on a log, and a list that says what may be found after it: the state that was last durable, or any
/// state that the work passed through since.
/// </summary>
internal sealed class LogModel(int seed)
{
    // Some logs are only reserved, some filled, and some are now this, now that.
    private readonly LogOptions _options =
        LogTestOptions.Small with { FilledBatchBytesMax = (seed % 3) switch { 0 => 0, 1 => 24 << 10, _ => 20 } };
    private readonly List<List<string>> _possible = [[]];
    private readonly List<ulong> _possibleTerms = [0];
    private Random _random = new(seed);
    private List<string> _log = [];
    private List<string> _onDisk = [];
    private List<string>? _afterLastAppend;
    private ulong _term;
    private int _written;

    // Records that are surely cut off, and those that may be.
    private int _cutLeast;
    private int _cutMost;

    public LogModel Clone()
    {
        var clone = new LogModel(seed) { _written = _written + 100_000, _cutLeast = _cutLeast, _cutMost = _cutMost };
        clone._possible.Clear();
        clone._possible.AddRange(_possible.Select(state => (List<string>)[.. state]));
        clone._possibleTerms.Clear();
        clone._possibleTerms.AddRange(_possibleTerms);
        clone._random = new Random(seed + 1);
        return clone;
    }

    /// <summary>Opens the log, compares, works. True when power was lost on the way.</summary>
    public bool Run(FragileStorage storage, int steps)
    {
        try
        {
            using var driver = new LogDriver(storage, _options);
            Compare(driver);
            for (int i = 0; i < steps; i++)
                Step(driver);
            Settle(driver);
            Assert.Equal(_log[_cutLeast..], driver.All());
            return false;
        }
        catch (PowerLossException)
        {
            return true;
        }
    }

    private void Compare(LogDriver driver)
    {
        int cut = (int)driver.Log.FirstIndex.Value - 1;
        Assert.InRange(cut, _cutLeast, _cutMost);
        List<string> kept = driver.All();
        int state = _possible.FindIndex(possible => possible.Skip(cut).SequenceEqual(kept));
        Assert.True(state >= 0, $"found {kept.Count} records, none of {_possible.Count} possible states");
        List<string> found = _possible[state];
        _cutLeast = _cutMost = cut;
        ulong term = driver.Log.Recovered.HardState.Term.Value;
        Assert.Contains(term, _possibleTerms);
        Assert.True(driver.Log.Recovered.Log.Until == new LogIndex((ulong)found.Count + 1));
        Assert.Equal(driver.Log.FirstIndex, driver.Log.Recovered.Log.From);
        _log = _onDisk = found;
        _term = term;
        Restart();
    }

    private void Step(LogDriver driver)
    {
        switch (_random.Next(12))
        {
            case 0:
                _term++;
                driver.Save(_term);
                _possibleTerms.Add(_term);
                break;
            case 1 when _log.Count > _cutLeast:
                int from = _random.Next(Math.Max(_cutMost, _log.Count - 12), _log.Count);
                driver.Log.Truncate(new LogIndex((ulong)from + 1));
                _log = _log[..from];
                _possible.Add(_log);
                break;
            case 2 or 3:
                Settle(driver);
                break;
            case 4:
                Cut(driver);
                break;
            default:
                for (int i = _random.Next(1, 6); i > 0; i--)
                    Append(driver);
                break;
        }
    }

    private void Cut(LogDriver driver)
    {
        ulong durable = driver.Log.DurableIndex.Value;
        var index = new LogIndex(durable - (ulong)_random.NextInt64((long)Math.Min(durable, 40) + 1) + 1);
        LogIndex before = driver.Log.FirstIndex;
        bool cut = driver.Log.CutBefore(index);
        Assert.Equal(cut, driver.Log.FirstIndex > before);
        Assert.True(!cut || driver.Log.FirstIndex <= index);
        _cutMost = (int)driver.Log.FirstIndex.Value - 1;
    }

    private void Append(LogDriver driver)
    {
        int length = _random.Next(8) == 0 ? _random.Next(7000) : _random.Next(300);
        string payload = $"{_written++}{new string('p', length)}";
        driver.Append(_term, payload);
        _log = [.. _log, $"{_term}:{payload}"];
        _afterLastAppend = _log;
        _possible.Add(_log);
    }

    private void Settle(LogDriver driver)
    {
        Assert.True(driver.Settle());
        Assert.Equal((ulong)_log.Count, driver.Log.DurableIndex.Value);
        _cutLeast = _cutMost;
        // A truncation without an append behind it is not on disk: a crash may undo it.
        _onDisk = _afterLastAppend ?? _onDisk;
        Restart();
        _possible.Add(_onDisk);
    }

    private void Restart()
    {
        _afterLastAppend = null;
        _possible.Clear();
        _possible.Add(_log);
        _possibleTerms.Clear();
        _possibleTerms.Add(_term);
    }
}
