using System.Text.RegularExpressions;

namespace Chorus.Tests.House;

/// <summary>Names of tests, and scripts that can be run.</summary>
public sealed partial class HabitTests
{
    [Fact]
    public void Test_names_are_sentences() => Repository.Expect(
        "Leader_does_not_commit_an_entry_of_a_previous_term: at least three words, joined by underscores.",
        from file in Repository.Sources.Where(file => Repository.IsIn(file, "tests"))
        from Match test in TestPattern().Matches(CSharpText.CodeOf(Repository.Read(file)))
        let name = test.Groups[1].Value
        where name.Count(c => c == '_') < 2 || !char.IsUpper(name[0])
        select $"{file}: {name}");

    [Fact]
    public void Scripts_can_be_run_from_the_tree() => Repository.Expect(
        "A script starts with #! and has the executable bit.",
        from file in Repository.Files.Where(IsScript)
        where !Repository.Read(file).StartsWith("#!/", StringComparison.Ordinal)
            || !IsExecutable(file)
        select file);

    [Fact]
    public void Bash_scripts_stop_at_the_first_error_or_say_how_they_handle_errors() => Repository.Expect(
        "A bash script sets -u and pipefail.",
        from file in Repository.Files.Where(IsScript)
        let text = Repository.Read(file)
        where text.StartsWith("#!/usr/bin/env bash", StringComparison.Ordinal)
            && !Regex.IsMatch(text, @"^set -e?uo pipefail$", RegexOptions.Multiline)
        select file);

    [Fact]
    public void Text_files_end_with_one_line_break_and_have_no_carriage_returns() => Repository.Expect(
        "LF line ends, one at the end of the file.",
        from file in Repository.Files
        where Path.GetExtension(file) is ".cs" or ".md" or ".toml" or ".proto" or ".py" || IsScript(file)
        let text = Repository.Read(file)
        where text.Length > 0
            && (!text.EndsWith('\n') || text.EndsWith("\n\n", StringComparison.Ordinal) || text.Contains('\r'))
        select file);

    private static bool IsScript(string file) =>
        Repository.IsIn(file, "scripts", "bench", "examples", ".ci") && !Path.HasExtension(file);

    private static bool IsExecutable(string file) =>
        OperatingSystem.IsWindows()
        || File.GetUnixFileMode(Path.Combine(Repository.Root, file)).HasFlag(UnixFileMode.UserExecute);

    [GeneratedRegex(@"\[(?:Fact|Theory)\b[^\]]*\](?:\s*\[[^\]]*\])*\s*public\s+(?:async\s+)?[\w<>]+\s+(\w+)\s*\(")]
    private static partial Regex TestPattern();
}
