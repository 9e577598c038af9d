using System.Globalization;
using Chorus.Raft;

namespace Chorus.Common.Log;

/// <summary>
/// Sentences for data that a newer version wrote, all in one form: where it stands, what it is, the newest that this
/// version knows, what to do. It is sound, so nobody repairs, removes or passes over it.
/// </summary>
internal static class NewerVersion
{
    private const string Cure = "Install that version again";

    /// <summary>A file has a format that this version does not know.</summary>
    public static NodeDirectoryException File(IStorage storage, string name, ulong format, ulong newest) =>
        In(storage, name, string.Create(CultureInfo.InvariantCulture, $"has format {format}"), Upto(newest));

    /// <summary>A part of a file has a format that this version does not know.</summary>
    public static NodeDirectoryException Part(
        IStorage storage, string name, string part, ulong format, ulong newest) =>
        In(storage, name, string.Create(CultureInfo.InvariantCulture, $"has {part} of format {format}"), Upto(newest));

    /// <summary>A record, or what it carries, is nothing that this version knows.</summary>
    public static NodeDirectoryException Record(
        IStorage storage, string name, long offset, LogIndex index, string what) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.Combine(storage.Location, name)}, offset {offset}: record {index}: {what}"),
        Cure);

    private static string Upto(ulong newest) =>
        string.Create(CultureInfo.InvariantCulture, $"this version reads up to {newest}");

    private static NodeDirectoryException In(IStorage storage, string name, string found, string known) => new(
        $"{Path.Combine(storage.Location, name)} {found}, {known}: it was made by a newer Chorus", Cure);
}
