using System.Globalization;
using Chorus.Common.Hosting;
using Chorus.Common.Toml;

namespace Chorus.Client.Settings;

/// <summary>Turns what a file, a variable or a flag says into a value of the right kind.</summary>
internal static class SettingReader
{
    /// <summary>Reads a value of a flag or a variable. Lists are separated by commas.</summary>
    public static SettingValue FromText(SettingSpec spec, string text, SettingOrigin origin, string place)
    {
        object? value = spec.Kind switch
        {
            SettingKind.Text => text,
            SettingKind.TextList => text.Split(
                ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            SettingKind.Whole when spec.Key == "load.seed" =>
                ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
                    ? unchecked((long)seed) : null,
            SettingKind.Whole =>
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)
                    ? whole : null,
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                && double.IsFinite(number) ? number : null,
        };
        string wanted = spec.Kind == SettingKind.Whole ? "a whole number" : "a number";
        return value is null
            ? throw ChorusException.Usage($"{place}: '{text}' is not {wanted}")
            : new SettingValue(spec, value, origin, place).Checked();
    }

    /// <summary>Reads a value of a file.</summary>
    public static SettingValue FromFile(SettingSpec spec, TomlValue value, string file)
    {
        string place = $"{file}:{value.Position}";
        object? read = (spec.Kind, value.Kind) switch
        {
            (SettingKind.Text, TomlKind.String) => value.AsString,
            (SettingKind.TextList, TomlKind.Array) => Texts(value),
            (SettingKind.Whole, TomlKind.Integer) => value.AsInteger,
            (SettingKind.Number, TomlKind.Integer or TomlKind.Float) => value.AsFloat,
            _ => null,
        };
        string wanted = spec.Kind switch
        {
            SettingKind.Text => "a text in quotes",
            SettingKind.TextList => "a list of texts: [\"a\", \"b\"]",
            SettingKind.Whole => "a whole number",
            _ => "a number",
        };
        return read is null or double.NaN
            ? throw ChorusException.Usage($"{place}: {spec.Key} must be {wanted}")
            : new SettingValue(spec, read, SettingOrigin.File, place).Checked();
    }

    private static string[]? Texts(TomlValue array) =>
        array.AsArray.All(item => item.Kind == TomlKind.String)
            ? [.. array.AsArray.Select(item => item.AsString)]
            : null;
}
