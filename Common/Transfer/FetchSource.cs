using Chorus.Raft;

namespace Chorus.Common.Transfer;

/// <summary>What a fetch knows of one source.</summary>
internal sealed class FetchSource(string address)
{
    private const int BackOffStepsMax = 10;

    private long _retryMicros;
    private int _failures;
    private int _lies;

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

    /// <summary>Bytes a second as of its last chunk, since its stripe was opened; 0 before the first.</summary>
    public double BytesPerSecond { get; private set; }

    /// <summary>The same for those who asked for the fetch.</summary>
    public FetchSourceReport Report => new(Address, Bytes, Trouble, IsExcluded);

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

    /// <summary>Not before a while, and a longer one each time.</summary>
    public void BackOff(FetchFailureKind kind, string text, long nowMicros, long stepMicros)
    {
        Note(kind, text);
        _failures = Math.Min(_failures + 1, BackOffStepsMax);
        _retryMicros = nowMicros + _failures * stepMicros;
        BytesPerSecond = 0;
    }

    /// <summary>It sent what cannot be true; after some times of that it is not asked any more.</summary>
    public void Distrust(string text, long nowMicros, StripedFetchOptions options)
    {
        BackOff(FetchFailureKind.Damaged, text, nowMicros, options.BackOffMicros);
        if (++_lies >= options.LiesMax)
            Exclude(FetchFailureKind.Damaged, text);
    }

    /// <summary>It does not serve a stream: what follows from that.</summary>
    public void Refuse(
        TransferRefusal refusal, LogIndex firstKept, LogIndex wanted, string text, long nowMicros,
        StripedFetchOptions options)
    {
        switch (refusal)
        {
            case TransferRefusal.WrongCluster:
                Exclude(FetchFailureKind.WrongCluster, text);
                break;
            case TransferRefusal.NoLongerKept when firstKept > wanted:
                FirstKept = firstKept;
                Note(FetchFailureKind.NoLongerKept, text);
                break;
            case TransferRefusal.NotYetThere:
                BackOff(FetchFailureKind.NotYetThere, text, nowMicros, options.BackOffMicros);
                break;
            case TransferRefusal.Overloaded:
                BackOff(FetchFailureKind.Unreachable, text, nowMicros, options.BackOffMicros);
                break;
            case TransferRefusal.Damaged:
                Exclude(FetchFailureKind.Damaged, text);
                break;
            case TransferRefusal.NotServed or TransferRefusal.BadRequest:
                Exclude(FetchFailureKind.NotServed, text);
                break;
            default:
                Distrust(text, nowMicros, options);
                break;
        }
    }

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
