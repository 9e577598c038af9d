using System.Text.RegularExpressions;

namespace Chorus.Tests.House;

/// <summary>Calls that have no place somewhere, and marks that have no place anywhere.</summary>
public sealed class BannedCallTests
{
    // Put together so that this file does not contain what it forbids.
    private static readonly string[] Markers =
        ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "XX" + "X", "NotImplemented" + "Exception", "not built" + " yet"];

    private static readonly string[] MachinePaths =
        ["/wo" + "rk/", "/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "\"/tm" + "p", " /tm" + "p/"];

    [Fact]
    public void Tests_wait_for_conditions_and_never_sleep() => Expect(
        "Wait for a condition with a deadline, or use simulated time.",
        @"\b(Thread\.Sleep|Task\.Delay)\b",
        file => Repository.IsIn(file, "tests"));

    [Fact]
    public void Nobody_asks_for_local_time() => Expect(
        "Use UtcNow at the edge, the loop's clock elsewhere.",
        @"\bDateTime(Offset)?\.(Now|Today)\b",
        _ => true);

    [Fact]
    public void Common_writes_to_the_console_only_in_Hosting() => Expect(
        "Libraries return values and log; Hosting talks to people.",
        @"\bConsole\.(Write|WriteLine|Error|Out|In|Read\w*)\b",
        file => Repository.IsIn(file, "Common") && !Repository.IsIn(file, "Common/Hosting"));

    [Fact]
    public void Unsafe_code_stays_in_the_bindings_to_native_libraries_and_in_one_hint() => Expect(
        "unsafe belongs in Common/Messaging (libzmq), in files named after a native library (LibC), and in Prefetch, "
            + "whose instruction takes a pointer.",
        @"\bunsafe\b",
        file => !Repository.IsIn(file, "Common/Messaging") && !Path.GetFileName(file).StartsWith("Lib")
            && Path.GetFileName(file) != "Prefetch.cs");

    [Fact]
    public void No_method_is_async_void() => Expect(
        "An exception in it ends the process: return a Task.", @"\basync\s+void\b", _ => true);

    [Fact]
    public void The_loop_the_log_and_the_core_are_synchronous() => Expect(
        "async belongs at the edge.",
        @"\b(async|await)\b",
        file => Repository.IsIn(file, "Common/Raft", "Common/Log", "Common/Replica", "Common/Protocol", "Common/Feed",
            "Common/Transfer", "Common/Snapshots"));

    [Fact]
    public void No_test_is_skipped() => Expect(
        "A test that does not run says nothing: repair it or delete it.",
        @"\bSkip\s*=",
        file => Repository.IsIn(file, "tests"));

    [Fact]
    public void Nothing_is_left_for_later() => Repository.Expect(
        "Do it, or write down in the docs that it is not done.",
        FindAny(Markers, Repository.Files.Where(IsText)));

    [Fact]
    public void No_file_knows_the_machine_it_was_written_on() => Repository.Expect(
        "Use paths relative to the tree, and ${TMPDIR:-/tmp} in scripts.",
        FindAny(MachinePaths, Repository.Files.Where(IsText)));

    private static void Expect(string rule, string pattern, Func<string, bool> applies) => Repository.Expect(
        rule,
        Repository.Sources.Where(applies)
            .SelectMany(file => Repository.Find(file, CSharpText.CodeOf(Repository.Read(file)), new Regex(pattern))));

    private static IEnumerable<string> FindAny(string[] words, IEnumerable<string> files) =>
        from file in files
        from line in Repository.Lines(file).Index()
        from word in words
        where Contains(line.Item, word)
        select $"{file}:{line.Index + 1}: {word}";

    // As a word of its own where it is one: mktemp's template is not a marker.
    private static bool Contains(string line, string word)
    {
        int at = line.IndexOf(word, StringComparison.Ordinal);
        return at >= 0
            && !(char.IsLetter(word[0]) && at > 0 && char.IsLetter(line[at - 1]))
            && !(char.IsLetter(word[^1]) && at + word.Length < line.Length && char.IsLetter(line[at + word.Length]));
    }

    private static bool IsText(string file) =>
        !Path.HasExtension(file) || Path.GetExtension(file) is ".cs" or ".md" or ".toml" or ".proto" or ".py" or ".sh"
            or ".csproj" or ".props" or ".json" or ".txt";
}
