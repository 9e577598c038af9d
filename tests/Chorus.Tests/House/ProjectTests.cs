using System.Xml.Linq;

namespace Chorus.Tests.House;

/// <summary>Dependencies point one way: executables to Common to Raft to nothing.</summary>
public sealed class ProjectTests
{
    private static readonly string[] Executables = ["Kvstore", "DiskStorage", "Client", "Logger", "Recovery"];

    [Fact]
    public void The_core_references_no_project_and_no_package_at_run_time()
    {
        XDocument core = Load("Common/Raft/Chorus.Raft.csproj");
        Repository.Expect("The core references nothing.", References(core));
        Repository.Expect(
            "The core's packages are analyzers, private to its build.",
            Elements(core, "PackageReference")
                .Where(package => package.Attribute("PrivateAssets")?.Value != "all")
                .Select(package => package.Attribute("Include")!.Value));
    }

    [Fact]
    public void Common_references_the_core_and_nothing_else() =>
        Assert.Equal(["Raft/Chorus.Raft.csproj"], References(Load("Common/Chorus.Common.csproj")));

    [Fact]
    public void Executables_reference_Common_and_never_each_other() => Repository.Expect(
        "An executable references Common only.",
        from name in Executables
        from reference in References(Load($"{name}/{name}.csproj"))
        where reference != "../Common/Chorus.Common.csproj"
        select $"{name}: {reference}");

    [Fact]
    public void Every_package_version_stands_in_one_file_with_a_reason()
    {
        Repository.Expect(
            "Versions belong in Directory.Packages.props.",
            from file in Projects
            from package in Elements(Load(file), "PackageReference")
            where package.Attribute("Version") is not null
            select $"{file}: {package.Attribute("Include")!.Value}");
        XElement first = Elements(Load("Directory.Packages.props"), "PackageVersion").First();
        Assert.IsType<XComment>(first.PreviousNode);
    }

    [Fact]
    public void Every_project_is_part_of_the_solution()
    {
        string solution = Repository.Read("Chorus.slnx");
        Repository.Expect(
            "Add the project to Chorus.slnx, or CI does not build it.",
            Projects.Where(file => !solution.Contains($"\"{file}\"", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Projects =>
        Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal));

    private static XDocument Load(string file) => XDocument.Parse(Repository.Read(file));

    private static IEnumerable<XElement> Elements(XDocument project, string name) => project.Descendants(name);

    private static IEnumerable<string> References(XDocument project) =>
        Elements(project, "ProjectReference").Select(reference => reference.Attribute("Include")!.Value);
}
