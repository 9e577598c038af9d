using Chorus.Common.Toml;

namespace Chorus.Tests.Toml;

public sealed class TomlSectionTests
{
    private const string Sample = """
        name = "x"
        rep = ["a", "b"]
        [load]
        clients = 64
        rate = 2.5
        log = true
        [[node]]
        id = "n0"
        [[node]]
        id = "n1"
        """;

    [Fact]
    public void Values_are_taken_with_their_types()
    {
        TomlSection root = Open(Sample);
        Assert.Equal("x", root.String("name"));
        Assert.Equal(["a", "b"], root.Strings("rep"));
        TomlSection load = root.Section("load")!;
        Assert.Equal(64, load.Integer("clients", 1, 100));
        Assert.Equal(64.0, load.Number("clients"));
        Assert.Equal(2.5, load.Number("rate"));
        Assert.True(load.Boolean("log"));
        Assert.Null(load.String("absent"));
        Assert.Equal(["n0", "n1"], root.Sections("node").Select(node => node.String("id")));
        Assert.Empty(root.Sections("absent"));
        root.Finish();
    }

    [Fact]
    public void A_key_that_nobody_asked_for_is_named_with_the_nearest_known_one()
    {
        TomlSection root = Open("a = 1\n[load]\n  clinets = 3\n");
        root.Integer("a");
        TomlSection load = root.Section("load")!;
        load.Integer("clients");
        load.Integer("requests");
        TomlException error = Assert.Throws<TomlException>(root.Finish);
        Assert.Equal("f.toml:3:3: unknown key 'clinets' in [load]; did you mean 'clients'?", error.Message);
    }

    [Fact]
    public void Without_a_near_key_all_known_ones_are_named()
    {
        TomlSection root = Open("zebra = 1");
        root.Integer("clients");
        root.Integer("requests");
        TomlException error = Assert.Throws<TomlException>(root.Finish);
        Assert.Equal("f.toml:1:1: unknown key 'zebra'; known are clients, requests", error.Message);
    }

    [Fact]
    public void A_value_of_another_type_or_out_of_range_is_refused_at_its_place()
    {
        TomlSection root = Open("a = \"x\"\nb = 200\nc = [1, 'y']\nd = 1.5\ne = nan\n[t]\nu = 1");
        Expect("1:5: 'a' is a string, but an integer is expected", () => root.Integer("a"));
        Expect("2:5: 'b' is 200, not within 1 to 100", () => root.Integer("b", 1, 100));
        Expect("3:6: an element of 'c' is an integer, but a string is expected", () => root.Strings("c"));
        Expect("4:5: 'd' is a number, but an integer is expected", () => root.Integer("d"));
        Expect("4:5: 'd' is 1.5, not within 0 to 1", () => root.Number("d", 0, 1));
        Expect("5:5: 'e' is NaN, not within 0 to 1", () => root.Number("e", 0, 1));
        Expect("7:5: 't.u' is an integer, but true or false is expected", () => root.Section("t")!.Boolean("u"));
        Expect("3:5: 'c' is an array, but a table is expected", () => root.Section("c"));
        Assert.Equal("f.toml:2:5: too many", root.Fail("b", "too many").Message);
    }

    [Theory]
    [InlineData("clinets", "clients")]
    [InlineData("Clients", "clients")]
    [InlineData("request", "requests")]
    [InlineData("thinkingTimeMSec", "thinkingTimeMsec")]
    [InlineData("ky", "key")]
    [InlineData("zebra", null)]
    [InlineData("x", null)]
    public void The_nearest_name_is_the_one_with_the_fewest_mistakes(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Find(name, ["clients", "requests", "key", "thinkingTimeMsec", "y"]));

    private static TomlSection Open(string text) => new(TomlDocument.Parse(text, "f.toml"));

    private static void Expect(string message, Action action) =>
        Assert.Equal("f.toml:" + message, Assert.Throws<TomlException>(action).Message);
}
