namespace Chorus.Client.Settings;

/// <summary>One setting of a load: where it can be given and what it may be.</summary>
/// <param name="Key">Path in the file: <c>rep</c>, <c>load.clients</c>.</param>
/// <param name="Flag">Flag without hyphens; its environment variable is CHORUS_ and the flag in capitals.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Default">Its value when nobody gives one: string, string[], long or double.</param>
/// <param name="Min">Least number.</param>
/// <param name="Max">Greatest number.</param>
internal sealed record SettingSpec(
    string Key, string Flag, SettingKind Kind, object Default, double Min = 0, double Max = double.MaxValue)
{
    public string Variable => "CHORUS_" + Flag.Replace('-', '_').ToUpperInvariant();

    /// <summary>Last part of <see cref="Key"/>.</summary>
    public string Name => Key[(Key.LastIndexOf('.') + 1)..];

    public bool IsInLoadTable => Key.StartsWith("load.", StringComparison.Ordinal);
}
