using Chorus.Common.Feed;

namespace Chorus.Tests.Feed;

public sealed class KeyPrefixesTests
{
    [Theory]
    [InlineData("ac", true)]
    [InlineData("ab", true)]
    [InlineData("a", true)]
    [InlineData("b", false)]
    [InlineData("bcd", true)]
    [InlineData("bca", false)]
    [InlineData("", false)]
    public void A_key_matches_any_prefix_also_behind_a_nearer_one_that_is_none(string key, bool expected)
    {
        KeyPrefixes prefixes = new();
        foreach (string prefix in (string[])["a", "ab", "abz", "bcd", "bc\0"])
            prefixes.Add(Bytes(prefix));
        Assert.Equal(expected, prefixes.Match(Bytes(key)));
    }

    [Fact]
    public void The_empty_prefix_matches_every_key_as_long_as_it_is_there_once_more()
    {
        KeyPrefixes prefixes = new();
        prefixes.Add(default);
        prefixes.Add(default);
        prefixes.Remove(default);
        Assert.True(prefixes.Match(Bytes("x")) && prefixes.Match(default));
        prefixes.Remove(default);
        prefixes.Remove(default);
        Assert.False(prefixes.Match(Bytes("x")));
        Assert.Equal(0, prefixes.Count);
    }

    [Fact]
    public void Any_changes_leave_the_same_as_comparing_with_each_of_them()
    {
        var random = new Random(5);
        KeyPrefixes prefixes = new();
        List<string> naive = [];
        for (int i = 0; i < 20_000; i++)
        {
            string prefix = Word(random);
            if (random.Next(5) < 3 && naive.Count < 60)
            {
                prefixes.Add(Bytes(prefix));
                naive.Add(prefix);
            }
            else
            {
                prefixes.Remove(Bytes(prefix));
                naive.Remove(prefix);
            }
            string key = Word(random) + Word(random);
            Assert.Equal(
                naive.Exists(each => key.StartsWith(each, StringComparison.Ordinal)), prefixes.Match(Bytes(key)));
        }
        Assert.Equal(naive.Distinct().Count(), prefixes.Count);
    }

    private static string Word(Random random) =>
        string.Create(random.Next(1, 6), random, (letters, chance) =>
        {
            for (int i = 0; i < letters.Length; i++)
                letters[i] = (char)('a' + chance.Next(3));
        });

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
