namespace Chorus.Client.Load;

/// <summary>What a load consists of. Checked where the settings are read.</summary>
internal sealed record LoadPlan
{
    /// <summary>Callers; each has at most one operation outstanding.</summary>
    public int Clients { get; init; } = 1;

    /// <summary>Measured operations after which the load ends; 0: after <see cref="TimeSec"/>.</summary>
    public long Requests { get; init; }

    /// <summary>Length of the measured window in seconds; only with <see cref="Requests"/> 0.</summary>
    public double TimeSec { get; init; } = 10;

    /// <summary>Length of the warm-up, which is not measured, in seconds.</summary>
    public double WarmUpSec { get; init; }

    /// <summary>Number of distinct keys.</summary>
    public long Keys { get; init; } = 10_000;

    /// <summary>What every key begins with.</summary>
    public string KeyPrefix { get; init; } = "key";

    /// <summary>Least digits of the number behind the prefix, filled with zeros.</summary>
    public int KeyDigits { get; init; } = 7;

    /// <summary>Length of a value.</summary>
    public int ValueBytes { get; init; } = 128;

    /// <summary>Share of operations that read, 0 to 1.</summary>
    public double ReadShare { get; init; }

    /// <summary>Operations that fall due in a second, answered or not (open loop); 0: closed loop.</summary>
    public double RatePerSec { get; init; }

    /// <summary>Pause of each caller between an answer and its next operation.</summary>
    public int ThinkingTimeMsec { get; init; }

    /// <summary>Fixes the order of keys and operations of each caller.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Longest wait, after the end, for operations that are still outstanding.</summary>
    public double DrainSec { get; init; } = 8;

    /// <summary>Whether every caller keeps account of its acknowledged writes, on keys of its own.</summary>
    public bool TrackAcknowledged { get; init; }

    /// <summary>Whether answers that arrive after the end of the window count.</summary>
    public bool CountLateAnswers { get; init; } = true;

    public bool IsOpenLoop => RatePerSec > 0;
}
