using Chorus.Common.Client;
using Chorus.Common.Protocol;

namespace Chorus.Client.Measure;

/// <summary>Failures by code, and what the last one said. Not thread-safe.</summary>
internal sealed class ErrorTally
{
    private readonly SortedDictionary<Code, long> _counts = [];

    /// <summary>Failures of every code.</summary>
    public long Total { get; private set; }

    /// <summary>Message of the latest failure; empty when there is none.</summary>
    public string LastMessage { get; private set; } = "";

    /// <summary>Cure of the latest failure; empty when there is none.</summary>
    public string LastCure { get; private set; } = "";

    /// <summary>Count of one code.</summary>
    public long this[Code code] => _counts.GetValueOrDefault(code);

    /// <summary>Counts by code, codes without a failure left out.</summary>
    public IEnumerable<KeyValuePair<Code, long>> ByCode => _counts;

    /// <summary>Whether a write that ended with this code may have been applied.</summary>
    public static bool IsUnknown(Code code) => code is Code.OutcomeUnknown or Code.Internal;

    public void Record(in ClientResult failure)
    {
        _counts[failure.Code] = _counts.GetValueOrDefault(failure.Code) + 1;
        Total++;
        LastMessage = failure.Message.Length > 0 ? failure.Message : CodeNames.Of(failure.Code);
        LastCure = failure.Cure;
    }

    public void Add(ErrorTally other)
    {
        foreach ((Code code, long count) in other._counts)
            _counts[code] = _counts.GetValueOrDefault(code) + count;
        Total += other.Total;
        if (other.LastMessage.Length > 0)
            (LastMessage, LastCure) = (other.LastMessage, other.LastCure);
    }
}
