namespace Chorus.Tests.House;

/// <summary>Sizes and places of C# files.</summary>
public sealed class ShapeTests
{
    private const int FileLinesMax = 400;
    private const int LineColumnsMax = 120;
    private const int MemberLinesMax = 60;

    // Compiled a second time by the simulator, file by file: no subfolders, nothing that needs sockets or flags.
    private static readonly string[] SimulatedFolders =
    [
        "Common/Raft", "Common/Log", "Common/Replica", "Common/Protocol", "Common/Feed", "Common/Transfer",
        "Common/Snapshots",
    ];

    private static readonly Dictionary<string, CSharpShape> Shapes =
        Repository.Sources.ToDictionary(file => file, file => CSharpShape.Of(Repository.Read(file)));

    [Fact]
    public void No_file_is_longer_than_400_lines() => Repository.Expect(
        $"At most {FileLinesMax} lines a file: extract a type.",
        from file in Repository.Sources
        let count = Repository.Lines(file).Length
        where count > FileLinesMax
        select $"{file}: {count} lines");

    [Fact]
    public void No_line_is_longer_than_120_columns() => Repository.Expect(
        $"At most {LineColumnsMax} columns a line.",
        from file in Repository.Sources
        from line in Repository.Lines(file).Index()
        where line.Item.Length > LineColumnsMax
        select $"{file}:{line.Index + 1}: {line.Item.Length} columns");

    [Fact]
    public void No_member_is_longer_than_60_lines() => Repository.Expect(
        $"At most {MemberLinesMax} lines a member: extract a method.",
        from file in Repository.Sources
        from member in Shapes[file].Members
        where member.LineCount > MemberLinesMax
        select $"{file}:{member.Line}: {member.Name} has {member.LineCount} lines");

    [Fact]
    public void A_file_holds_one_public_type_and_at_most_records_and_enums_beside_it() => Repository.Expect(
        "One public class, struct or interface a file; records and enums may share a file with it or with each other.",
        from file in Repository.Sources
        let types = Shapes[file].Types.Where(type => type.IsPublic && !type.IsValue)
        let names = types.Select(type => type.Name).Distinct()
        where names.Count() > 1
        select $"{file}: {string.Join(", ", names)}");

    [Fact]
    public void A_file_is_named_after_its_public_type() => Repository.Expect(
        "A file with one public type carries its name.",
        from file in Repository.Sources
        let names = Shapes[file].Types.Where(type => type.IsPublic).Select(type => type.Name).Distinct().ToArray()
        where names.Length == 1 && Path.GetFileNameWithoutExtension(file) != names[0]
        select $"{file}: {names[0]}");

    [Fact]
    public void The_folder_is_the_namespace() => Repository.Expect(
        "Common/Raft is Chorus.Raft, Common/Log is Chorus.Common.Log, and so on.",
        from file in Repository.Sources
        let expected = NamespaceOf(file)
        let actual = Shapes[file].Namespace
        where expected is not null && actual != expected && !(actual.Length == 0 && file.EndsWith("/Program.cs"))
        select $"{file}: {actual}, not {expected}");

    [Fact]
    public void What_the_simulator_compiles_lies_in_flat_folders() => Repository.Expect(
        "No subfolders: the simulator compiles these folders with *.cs.",
        Repository.Sources.Where(file =>
            Repository.IsIn(file, SimulatedFolders) && file.Count(c => c == '/') > 2));

    [Fact]
    public void What_the_simulator_compiles_knows_neither_sockets_nor_flags_nor_clients() => Repository.Expect(
        "Ports belong in Common/Replica, their implementations in Messaging and Hosting.",
        from file in Repository.Sources.Where(file => Repository.IsIn(file, SimulatedFolders))
        from line in Repository.Lines(file).Index()
        where line.Item.StartsWith("using Chorus.Common.Messaging", StringComparison.Ordinal)
            || line.Item.StartsWith("using Chorus.Common.Hosting", StringComparison.Ordinal)
            || line.Item.StartsWith("using Chorus.Common.Client", StringComparison.Ordinal)
        select $"{file}:{line.Index + 1}: {line.Item}");

    private static string? NamespaceOf(string file)
    {
        string folder = (Path.GetDirectoryName(file) ?? "").Replace('\\', '/').Replace('/', '.');
        return folder switch
        {
            "Common.Raft" => "Chorus.Raft",
            _ when folder.StartsWith("Common.", StringComparison.Ordinal) => "Chorus." + folder,
            _ when folder.StartsWith("Kvstore", StringComparison.Ordinal) => "Chorus." + folder,
            _ when folder.StartsWith("DiskStorage", StringComparison.Ordinal) => "Chorus." + folder,
            _ when folder.StartsWith("Client", StringComparison.Ordinal) => "Chorus." + folder,
            _ when folder.StartsWith("Recovery", StringComparison.Ordinal) => "Chorus." + folder,
            _ when folder.StartsWith("Logger", StringComparison.Ordinal) => "Chorus." + folder,
            _ => null,
        };
    }
}
