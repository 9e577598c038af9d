using Chorus.Client.Commands;
using Chorus.Client.Load;
using Chorus.Client.Measure;
using Chorus.Common.Protocol;

namespace Chorus.Client.Settings;

/// <summary>Everything that a load is told, checked.</summary>
internal sealed record LoadSettings
{
    /// <summary>Client addresses, <c>host:port</c>.</summary>
    public required IReadOnlyList<string> Servers { get; init; }

    public required LoadPlan Plan { get; init; }

    /// <summary>How reads are answered, and by whom.</summary>
    public required ReadChoice Reads { get; init; }

    /// <summary>Connections over which the callers are dealt out.</summary>
    public required int Connections { get; init; }

    /// <summary>Deadline of one operation.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Whether writes go out in sessions, one for each connection.</summary>
    public required bool UseSession { get; init; }

    /// <summary>Failures that do not fail the load.</summary>
    public required IReadOnlyList<Code> Tolerated { get; init; }

    /// <summary>Folder of the report; null: a new one below <c>runs/</c>.</summary>
    public string? Folder { get; init; }

    /// <summary>File for the account of acknowledged writes; null: none is kept.</summary>
    public string? AckedFile { get; init; }

    /// <summary>What the user should know although it is no error.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Every setting with its origin, for the report.</summary>
    public required IReadOnlyList<SettingValue> All { get; init; }

    /// <summary>Failures that fail the load.</summary>
    public long Untolerated(ErrorTally errors) =>
        errors.ByCode.Where(pair => !Tolerated.Contains(pair.Key)).Sum(pair => pair.Value);
}
