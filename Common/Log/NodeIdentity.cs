using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Chorus.Common.Log;

/// <summary>Whose a data directory is: the contents of the file <c>node</c>.</summary>
/// <param name="NodeId">Name of the node.</param>
/// <param name="Incarnation">Random number made with the directory, not 0.</param>
/// <param name="ClusterId">Its cluster; <see cref="Guid.Empty"/> until it has one.</param>
/// <param name="StateBase">What the state machine started from; one line, often empty.</param>
/// <param name="IsFounder">
/// Whether the node started its cluster, rather than joined it: only then may it write the first configuration into an
/// empty log.
/// </param>
/// <param name="CreatedUtc">When the directory was made.</param>
/// <param name="IsObserver">
/// Whether the node observes its cluster: its log holds nothing but committed records, and is never a replica's.
/// </param>
public sealed record NodeIdentity(
    string NodeId, ulong Incarnation, Guid ClusterId, string StateBase, bool IsFounder, DateTime CreatedUtc,
    bool IsObserver = false)
{
    /// <summary>The format that this version writes, and the newest that it reads.</summary>
    public const int Format = 1;

    private const string Title = "chorus node";
    private const string Founded = "founded";
    private const string Joined = "joined";
    private const string Observes = "observes";

    private string Origin => IsObserver ? Observes : IsFounder ? Founded : Joined;

    /// <summary>Lines of text, the last of which is the crc32c of those before it.</summary>
    public string Encode()
    {
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Title}\nformat {Format}\nid {NodeId}\nincarnation {Incarnation:x16}\ncluster {ClusterId}\n"
            + $"state-base {StateBase}\norigin {Origin}\n"
            + $"created {CreatedUtc:yyyy-MM-ddTHH:mm:ssZ}\n");
        return $"{text}crc {Crc32C.Compute(Encoding.UTF8.GetBytes(text)):x8}\n";
    }

    /// <summary>Reads the text back.</summary>
    /// <param name="text">Contents of the file.</param>
    /// <param name="identity">The value.</param>
    /// <param name="newerFormat">The file's format where it is newer than this version's; otherwise 0.</param>
    public static bool TryDecode(string text, [NotNullWhen(true)] out NodeIdentity? identity, out int newerFormat)
    {
        identity = null;
        newerFormat = 0;
        string[] lines = text.Split('\n');
        // A newer format may have any lines behind these two.
        if (lines.Length < 2 || lines[0] != Title || !TryValue(lines[1], "format", out string? format)
            || !int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return false;
        if (number > Format)
        {
            newerFormat = number;
            return false;
        }
        int crcAt = text.LastIndexOf("crc ", StringComparison.Ordinal);
        if (lines.Length != 10 || crcAt < 0
            || text[crcAt..] != $"crc {Crc32C.Compute(Encoding.UTF8.GetBytes(text[..crcAt])):x8}\n")
            return false;
        if (!TryValue(lines[2], "id", out string? id)
            || !TryValue(lines[3], "incarnation", out string? incarnation)
            || !ulong.TryParse(
                incarnation, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            || !TryValue(lines[4], "cluster", out string? cluster) || !Guid.TryParse(cluster, out Guid clusterId)
            || !TryValue(lines[5], "state-base", out string? stateBase)
            || !TryValue(lines[6], "origin", out string? origin) || origin is not (Founded or Joined or Observes)
            || !TryValue(lines[7], "created", out string? created)
            || !DateTime.TryParse(
                created, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTime createdUtc))
            return false;
        identity = new NodeIdentity(
            id, value, clusterId, stateBase, origin == Founded, createdUtc, origin == Observes);
        return true;
    }

    private static bool TryValue(string line, string key, [NotNullWhen(true)] out string? value)
    {
        value = line.StartsWith(key + " ", StringComparison.Ordinal) ? line[(key.Length + 1)..] : null;
        return value is not null;
    }
}
