namespace Chorus.Tests.House;

/// <summary>The reader behind the limits reads C# rightly.</summary>
public sealed class CSharpTextTests
{
    [Theory]
    [InlineData("a // b", "a     ")]
    [InlineData("a /* b */ c", "a         c")]
    [InlineData("f(\"{\") }", "f(   ) }")]
    [InlineData("f('{') '\\'' x", "f(   )      x")]
    [InlineData("f(@\"a\"\"{\") }", "f(       ) }")]
    [InlineData("f($\"a{b(\"}\")}{{\") }", "f(              ) }")]
    [InlineData("\"\"\"a \"b\" { \"\"\" }", "               }")]
    [InlineData("\"a\\\\\" + '\"' }", "      +     }")]
    public void Only_code_remains_of_a_text(string text, string code) => Assert.Equal(code, CSharpText.CodeOf(text));

    [Fact]
    public void Types_and_members_are_found_with_their_lengths()
    {
        const string text = """
            namespace A.B;
            public sealed class C<T>(int x) : D where T : struct
            {
                private static readonly int[] Table = { 1, 2 };
                public int P { get; }
                [A(1, B = [2])]
                [A(3)]
                public int M(
                    int y)
                {
                    if (y > 0) { return x; }
                    return new E { F = 1 }.F;
                }
                private enum Inner { One }
            }
            public readonly record struct R(int A);
            internal enum K { L }
            """;
        CSharpShape shape = CSharpShape.Of(text);
        Assert.Equal("A.B", shape.Namespace);
        Assert.Equal(
            [new("C", true, false), new("R", true, true), new DeclaredType("K", false, true)], shape.Types);
        Assert.Contains(new DeclaredMember("M", 8, 6), shape.Members);
        Assert.DoesNotContain(shape.Members, member => member.Name == "Table");
    }
}
