using Chorus.Common.Hosting;

namespace Chorus.Client.Settings;

/// <summary>How near to the user a value was given; the nearest one holds.</summary>
internal enum SettingOrigin
{
    Default,
    File,
    Environment,
    Flag,
}

/// <summary>A value and where it comes from.</summary>
/// <param name="Spec">Whose value.</param>
/// <param name="Value">string, string[], long or double.</param>
/// <param name="Origin">How it was given.</param>
/// <param name="Place">As errors name it: <c>-clients</c>, <c>CHORUS_CLIENTS</c>, <c>file:line:column</c>.</param>
internal sealed record SettingValue(SettingSpec Spec, object Value, SettingOrigin Origin, string Place)
{
    public string Text => (string)Value;

    public IReadOnlyList<string> List => (string[])Value;

    public long Whole => (long)Value;

    public double Number => (double)Value;

    /// <summary>An error about this value.</summary>
    public ChorusException Wrong(string problem, string cure = "") =>
        ChorusException.Usage($"{Place}: {problem}", cure);

    /// <summary>This value, if its number lies in the bounds.</summary>
    public SettingValue Checked()
    {
        double number = Value switch { long whole => whole, double real => real, _ => Spec.Min };
        if (number >= Spec.Min && number <= Spec.Max)
            return this;
        string bounds = Spec.Max >= double.MaxValue ? $"at least {Spec.Min}" : $"from {Spec.Min} to {Spec.Max}";
        throw Wrong($"{Spec.Name} is {number}; it must be {bounds}");
    }
}
