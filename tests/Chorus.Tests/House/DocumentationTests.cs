using System.Text.RegularExpressions;

namespace Chorus.Tests.House;

/// <summary>What the documents say exists, and what exists is in the documents.</summary>
public sealed partial class DocumentationTests
{
    private const string ClientConfiguration = "client-config.toml";

    private static readonly string Manual = string.Join(
        '\n',
        from file in Repository.Documents
        where file == "README.md" || Repository.IsIn(file, "docs")
        select Repository.Read(file));

    [Fact]
    public void Every_relative_link_leads_somewhere() => Repository.Expect(
        "Dead links.",
        from file in Repository.Documents
        from Match link in LinkPattern().Matches(Repository.Read(file))
        let target = link.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
        let folder = Path.GetDirectoryName(file) ?? ""
        where !Repository.Exists(Path.Combine(folder, target))
        select $"{file}: {target}");

    [Fact]
    public void Every_anchor_is_a_heading() => Repository.Expect(
        "Links to headings that do not exist.",
        from file in Repository.Documents
        from Match link in LinkPattern().Matches(Repository.Read(file))
        let parts = link.Groups[1].Value.Split('#')
        where parts.Length == 2 && !parts[0].Contains("://", StringComparison.Ordinal)
        let target = parts[0].Length == 0 ? file : Path.Join(Path.GetDirectoryName(file), parts[0])
        where Repository.Exists(target) && !AnchorsOf(Path.Combine(Repository.Root, target)).Contains(parts[1])
        select $"{file}: {link.Groups[1].Value}");

    [Fact]
    public void Every_script_that_a_document_names_exists() => Repository.Expect(
        "Documents name scripts that do not exist.",
        from file in Repository.Documents
        from Match script in ScriptPattern().Matches(Repository.Read(file))
        where !Repository.Exists(script.Groups[1].Value)
        select $"{file}: {script.Groups[1].Value}");

    [Fact]
    public void Every_flag_of_the_executables_is_documented() => Repository.Expect(
        "Describe these flags in README.md or docs/.",
        from file in Repository.Sources
        where Repository.IsIn(file, "Kvstore", "DiskStorage", "Client", "Logger", "Recovery", "Common/Hosting")
            && !Repository.IsIn(file, "Client/Report")
        from Match flag in FlagPattern().Matches(WithoutComments(file))
        let name = flag.Groups["flag"].Value.TrimStart('-')
        where !Regex.IsMatch(Manual, $@"(?<![\w-])--?{Regex.Escape(name)}(?![\w-])")
        select $"{file}: -{name}");

    [Fact]
    public void Every_key_of_the_client_configuration_is_documented() => Repository.Expect(
        $"Describe these keys of {ClientConfiguration} in README.md or docs/.",
        from line in Repository.Lines(ClientConfiguration)
        let key = KeyPattern().Match(line)
        where key.Success && !Manual.Contains($"`{key.Groups[1].Value}`", StringComparison.Ordinal)
        select key.Groups[1].Value);

    [Fact]
    public void Decision_records_are_numbered_without_a_repeat_and_say_what_they_must()
    {
        string[] records =
        [
            .. Repository.Documents.Where(file =>
                Repository.IsIn(file, "docs/decisions") && char.IsAsciiDigit(Path.GetFileName(file)[0])),
        ];
        Assert.NotEmpty(records);
        Repository.Expect(
            "Two records share a number.",
            from file in records
            group file by Path.GetFileName(file)[..4] into same
            where same.Count() > 1
            select same.Key);
        Repository.Expect(
            "A record has the sections Context, Decision, Alternatives, Consequences.",
            from file in records
            from section in (string[])["Context", "Decision", "Alternatives", "Consequences"]
            where !Repository.Read(file).Contains($"## {section}", StringComparison.Ordinal)
            select $"{file}: {section}");
    }

    private static string WithoutComments(string file) =>
        string.Join('\n', Repository.Lines(file).Where(line => !line.TrimStart().StartsWith("//")));

    private static HashSet<string> AnchorsOf(string path) =>
        [.. from line in File.ReadLines(path) where line.StartsWith('#') select Anchor(line.TrimStart('#').Trim())];

    // As code hosts make them: lower case, spaces to hyphens, everything else that is not a word character dropped.
    private static string Anchor(string heading) =>
        Regex.Replace(heading.ToLowerInvariant(), @"[^\w\- ]", "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(<?([^)\s>]+)>?\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"(?<![\w/])(?:\./)?((?:scripts|bench|examples)/[\w.-]*\w)")]
    private static partial Regex ScriptPattern();

    // As the code writes them: "-id" anywhere, and the declarations that name a flag without its hyphen.
    [GeneratedRegex("""
        "(?<flag>--?[a-z][a-z-]*)"
        | new\ Flag\(\s*"(?<flag>[a-z-]+)"
        | \bFlag\.\w+(<.*?>)?\(\s*"(?<flag>[a-z-]+)"
        | \("[\w.]+",\ "(?<flag>[a-z-]+)",\ SettingKind
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex FlagPattern();

    [GeneratedRegex(@"^\s*#?\s*([A-Za-z_]+)\s*=")]
    private static partial Regex KeyPattern();
}
