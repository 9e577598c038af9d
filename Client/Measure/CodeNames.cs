using System.Text;
using Chorus.Common.Protocol;

namespace Chorus.Client.Measure;

/// <summary>Codes as the protocol spells them: <c>OUTCOME_UNKNOWN</c>.</summary>
internal static class CodeNames
{
    /// <summary>Every code of the protocol that is a failure.</summary>
    public static IReadOnlyList<Code> Failures { get; } =
        [.. Enum.GetValues<Code>().Where(code => code is not (Code.Ok or Code.NotFound))];

    public static string Of(Code code)
    {
        StringBuilder name = new();
        foreach (char letter in code.ToString())
        {
            if (char.IsUpper(letter) && name.Length > 0)
                name.Append('_');
            name.Append(char.ToUpperInvariant(letter));
        }
        return name.ToString();
    }

    /// <summary>Finds a code by its name; null when there is none such.</summary>
    public static Code? Find(string name)
    {
        foreach (Code code in Enum.GetValues<Code>())
            if (string.Equals(Of(code), name.Trim(), StringComparison.OrdinalIgnoreCase))
                return code;
        return null;
    }
}
