namespace Chorus.Client.Acked;

/// <summary>What a run left behind for <c>verify</c>.</summary>
internal sealed record AckedRun
{
    /// <summary>Number of the run, part of each of its values.</summary>
    public required uint Run { get; init; }

    public required string KeyPrefix { get; init; }

    public required int KeyDigits { get; init; }

    /// <summary>Length of every value.</summary>
    public required int ValueBytes { get; init; }

    /// <summary>Where the cluster was.</summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>Every key that was written.</summary>
    public required IReadOnlyList<AckedKey> Keys { get; init; }

    /// <summary>The key as the cluster knows it.</summary>
    public string NameOf(AckedKey key) => KeyPrefix + key.Key.ToString().PadLeft(KeyDigits, '0');

    /// <summary>A value that this run wrote.</summary>
    public byte[] ValueOf(AckedKey key, long sequence)
    {
        byte[] value = new byte[ValueBytes];
        value.AsSpan().Fill((byte)'@');
        new ValueStamp(Run, key.Caller, sequence).WriteTo(value);
        return value;
    }
}
