using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>What a fetch knows of one source.</summary>
internal sealed class FetchSource(string address)
{
    private const int BackOffStepsMax = 10;

    private long _retryMicros;
    private int _failures;

    public string Address { get; } = address;

    /// <summary>Stripes that it is to send at the moment.</summary>
    public int Active { get; private set; }

    /// <summary>Bytes of verified records that came from it.</summary>
    public long Bytes { get; private set; }

    /// <summary>The last thing that went wrong, in a sentence.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>What kind of trouble that was.</summary>
    public FetchFailureKind TroubleKind { get; private set; } = FetchFailureKind.Unreachable;

    /// <summary>Whether it is not asked any more.</summary>
    public bool IsExcluded { get; private set; }

    /// <summary>First index that it keeps, as far as it has said.</summary>
    public LogIndex FirstKept { get; private set; }

    /// <summary>Whether its records continue what others sent.</summary>
    public bool Agrees { get; private set; }

    /// <summary>Whether its records are others than those that others sent.</summary>
    public bool Disagrees { get; private set; }

    /// <summary>Times that it sent what cannot be true.</summary>
    public int Lies { get; private set; }

    /// <summary>Bytes a second as of its last chunk, since its stripe was opened; 0 before the first.</summary>
    public double BytesPerSecond { get; private set; }

    public bool IsUsable(long nowMicros) => !IsExcluded && nowMicros >= _retryMicros;

    public void Began() => Active++;

    public void Ended() => Active--;

    public void Brought(int bytes, double bytesPerSecond)
    {
        Bytes += bytes;
        BytesPerSecond = bytesPerSecond;
        _failures = 0;
    }

    /// <summary>Loses a stripe because others are quicker.</summary>
    public void Outrun(double bytesPerSecond) => BytesPerSecond = bytesPerSecond;

    public void Confirm() => Agrees = !Disagrees;

    public void KeepsFrom(LogIndex first, string text)
    {
        FirstKept = first;
        Note(FetchFailureKind.NoLongerKept, text);
    }

    /// <summary>Not before a while, and a longer one each time.</summary>
    public void BackOff(FetchFailureKind kind, string text, long nowMicros, long stepMicros)
    {
        Note(kind, text);
        _failures = Math.Min(_failures + 1, BackOffStepsMax);
        _retryMicros = nowMicros + _failures * stepMicros;
        BytesPerSecond = 0;
    }

    public void Lied() => Lies++;

    public void Exclude(FetchFailureKind kind, string text)
    {
        Note(kind, text);
        IsExcluded = true;
    }

    public void Contradict(string text)
    {
        Disagrees = true;
        Agrees = false;
        Exclude(FetchFailureKind.Disagreement, text);
    }

    private void Note(FetchFailureKind kind, string text) => (TroubleKind, Trouble) = (kind, text);
}
