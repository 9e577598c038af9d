using System.Globalization;
using System.Text;
using Chorus.Common.Toml;

namespace Chorus.Tests.Toml;

public sealed class TomlDocumentTests
{
    [Theory]
    [InlineData("a = \"\"", "a=''")]
    [InlineData("a = \"x\\b\\t\\n\\f\\r\\\"\\\\\\u00e9\\U0001F600\"", "a='x\b\t\n\f\r\"\\é😀'")]
    [InlineData("a = 'C:\\dir\\'", "a='C:\\dir\\'")]
    [InlineData("a = \"\"\"\nx\ny\"\"\"", "a='x\ny'")]
    [InlineData("a = \"\"\"x\r\ny\"\"\"", "a='x\r\ny'")]
    [InlineData("a = \"\"\"x \\  \n\n  y\"\"\"", "a='x y'")]
    [InlineData("a = \"\"\"\"\"x\"\"\"\"\"", "a='\"\"x\"\"'")]
    [InlineData("a = '''\nit's '' \\n'''", "a='it's '' \\n'")]
    [InlineData("a = '''x'''''", "a='x'''")]
    [InlineData("a = 42\nb = -17\nc = +9\nd = 0\ne = -0\nf = 1_000_000", "a=42 b=-17 c=9 d=0 e=0 f=1000000")]
    [InlineData("a = 0xDEAD_beef\nb = 0o755\nc = 0b1101\nd = 0x00", "a=3735928559 b=493 c=13 d=0")]
    [InlineData("a = 9223372036854775807\nb = -9223372036854775808", "a=9223372036854775807 b=-9223372036854775808")]
    [InlineData("a = 0x7fffffffffffffff", "a=9223372036854775807")]
    [InlineData("a = 3.25\nb = -0.5\nc = 5e+2\nd = 1E06", "a=3.25f b=-0.5f c=500f d=1000000f")]
    [InlineData("a = -2E-2\nb = 6.5e1\nc = 1_0.2_5", "a=-0.02f b=65f c=10.25f")]
    [InlineData("a = inf\nb = -inf\nc = +inf\nd = nan", "a=Infinityf b=-Infinityf c=Infinityf d=NaNf")]
    [InlineData("a = true\nb = false", "a=True b=False")]
    [InlineData("a = 1979-05-27T07:32:00Z", "a=1979-05-27T07:32:00.0000000+00:00")]
    [InlineData("a = 1979-05-27 00:32:00.5-07:30", "a=1979-05-27T00:32:00.5000000-07:30")]
    [InlineData("a = 1979-05-27t07:32:00.123456789z", "a=1979-05-27T07:32:00.1234567+00:00")]
    [InlineData("a = 2000-01-01T00:00:00+23:00", "a=1999-12-31T01:00:00.0000000+00:00")]
    [InlineData("a = 1979-05-27T07:32:00", "a=1979-05-27T07:32:00.0000000")]
    [InlineData("a = 1979-05-27\nb = 07:32:00.25", "a=1979-05-27 b=07:32:00.2500000")]
    [InlineData("a = []\nb = [ ]\nc = [1, 2,]\nd = [\n 1, # one\n 2\n]", "a=[] b=[] c=[1 2] d=[1 2]")]
    [InlineData("e = [[1], ['x', true]]", "e=[[1] ['x' True]]")]
    [InlineData("a = {}\nb = {x = 1, y = {z = 2}}\nc = { p.q = 1, p.r = 2 }", "a={} b={x=1 y={z=2}} c={p={q=1 r=2}}")]
    [InlineData("a.b.c = 1\na.b.d = 2\na . e = 3", "a={b={c=1 d=2} e=3}")]
    [InlineData("\"a b\" = 1\n'c\"d' = 2\n\"\" = 3\n1.2 = 4\n-_- = 5", "a b=1 c\"d=2 =3 1={2=4} -_-=5")]
    [InlineData("[a]\nx = 1\n[a.b]\ny = 2\n[c]", "a={x=1 b={y=2}} c={}")]
    [InlineData("[a.b]\nx = 1\n[a]\ny = 2", "a={b={x=1} y=2}")]
    [InlineData("[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2\n[[a.c]]\n[[a.c]]", "a=[{x=1} {b={y=2} c=[{} {}]}]")]
    [InlineData("[a]\nb.c = 1\n[a.b.d]\nx = 2", "a={b={c=1 d={x=2}}}")]
    [InlineData("# only a comment", "")]
    [InlineData("", "")]
    [InlineData("\n \t\r\n a = 1 # end\r\n", "a=1")]
    [InlineData("[ a . 'b' ] # here\nx=1", "a={b={x=1}}")]
    public void Every_form_that_the_language_knows_is_read(string text, string expected) =>
        Assert.Equal(expected, Show(TomlDocument.Parse(text, "f").Root));

    [Theory]
    [InlineData("a = 1\na = 2", "2:1: key 'a' is already defined at line 1")]
    [InlineData("a = 1\n'a' = 2", "2:1: key 'a' is already defined")]
    [InlineData("a.b = 1\na.b = 2", "2:3: key 'a.b' is already defined at line 1")]
    [InlineData("a = 1\na.b = 2", "2:1: 'a' is an integer since line 1, not a table")]
    [InlineData("[a]\n[b]\n[a]", "3:2: table [a] is already defined at line 1")]
    [InlineData("[a]\nb.c = 1\n[a.b]", "3:4: table [a.b] is already defined at line 2")]
    [InlineData("a = {x = 1}\n[a.b]", "2:2: table 'a' was completed at line 1")]
    [InlineData("a = {x = 1}\na.y = 2", "2:1: table 'a' was completed at line 1")]
    [InlineData("a = {b = {x = 1}, b.y = 2}", "1:19: table 'b' was completed at line 1")]
    [InlineData("[a.b.c]\nz = 1\n[a]\nb.c.t = 1", "4:3: table 'c' was completed at line 1")]
    [InlineData("[[a]]\n[a]", "2:2: 'a' is an array since line 1, not a table")]
    [InlineData("a = []\n[[a]]", "2:3: [[a]] cannot extend 'a', an array defined at line 1")]
    [InlineData("[a]\n[[a]]", "2:3: [[a]] cannot extend 'a', a table defined at line 1")]
    [InlineData("a = [{x = 1}]\n[a.b]", "2:2: 'a' is an array")]
    [InlineData("a = 1 b = 2", "1:7: unexpected 'b' after a value")]
    [InlineData("a =", "1:4: the file ends where a value is expected")]
    [InlineData("a = # c", "1:5: unexpected '#' where a value is expected")]
    [InlineData("a", "1:2: the file ends where key 'a' needs a =")]
    [InlineData("a\n = 1", "1:2: the line ends where key 'a' needs a =")]
    [InlineData("= 1", "1:1: unexpected '=' where a key is expected")]
    [InlineData("a..b = 1", "1:3: unexpected '.' where a key is expected")]
    [InlineData("é = 1", "1:1: unexpected 'é' where a key is expected; put it in quotation marks")]
    [InlineData("\"\"\"a\"\"\" = 1", "1:3: unexpected '\"' where key '' needs a =")]
    [InlineData("[a", "1:3: the file ends where the header needs ]")]
    [InlineData("[[a]", "1:4: unexpected ']' where the header needs ]]")]
    [InlineData("[]", "1:2: unexpected ']' where a key is expected")]
    [InlineData("[a] b = 1", "1:5: unexpected 'b' after a header")]
    public void A_structural_error_names_file_line_column_and_what_is_wrong(string text, string expected) =>
        Expect(text, expected);

    [Theory]
    [InlineData("a = \"x", "1:5: the string is not closed with \" on its line")]
    [InlineData("a = 'x\n'", "1:5: the string is not closed with ' on its line")]
    [InlineData("a = \"\"\"x\n", "1:5: the string is not closed with \"\"\"")]
    [InlineData("a = \"\\x\"", "1:6: unknown escape in a string")]
    [InlineData("a = \"\\ud800\"", "1:6: U+D800 is no Unicode character")]
    [InlineData("a = \"\\u12\"", "1:6: \\u needs 4 hexadecimal digits")]
    [InlineData("a = \"\\UFFFFFFFF\"", "1:6: \\U needs 8 hexadecimal digits")]
    [InlineData("a = \"x\u0001\"", "1:7: control character U+0001 in a string; write \\u0001")]
    [InlineData("# \u0007", "1:3: control character U+0007 in a comment")]
    [InlineData("a = 1 # x\ry", "1:10: control character U+000D in a comment")]
    [InlineData("a = x", "1:5: 'x' is no value; a string needs quotation marks")]
    [InlineData("a = 12ab", "1:5: '12ab' is no value")]
    [InlineData("a = True", "1:5: 'True' is no value")]
    [InlineData("a = 012", "1:5: '012': a number does not begin with 0")]
    [InlineData("a = 1__0", "1:5: '1__0': an underscore in a number stands between two digits")]
    [InlineData("a = 1_", "1:5: '1_': an underscore")]
    [InlineData("a = 0x", "1:5: '0x' has no digits")]
    [InlineData("a = 0o8", "1:5: '0o8': '8' is no digit of a number that begins with 0o")]
    [InlineData("a = -0x1", "1:5: '-0x1': only decimal numbers have a sign")]
    [InlineData("a = 0x8000000000000000", "1:5: '0x8000000000000000' is not within -9223372036854775808 to 9")]
    [InlineData("a = 9223372036854775808", "1:5: '9223372036854775808' is not within")]
    [InlineData("a = 1.", "1:5: '1.' is no number; write digits before and after the point")]
    [InlineData("a = .5", "1:5: '.5' is no value")]
    [InlineData("a = 1e+-5", "1:5: '1e+-5' is no number")]
    [InlineData("a = 01.5", "1:5: '01.5': a number does not begin with 0")]
    [InlineData("a = 1979-02-30", "1:5: '1979-02-30' is no date or time")]
    [InlineData("a = 1979-05-27T24:00:00", "1:5: '1979-05-27T24:00:00' is no date or time")]
    [InlineData("a = 07:32", "1:5: '07:32' is no date or time")]
    [InlineData("a = 2000-01-01T00:00:00+24:00", "is no date or time")]
    [InlineData("a = [1", "1:5: the array needs a , or ] after a value")]
    [InlineData("a = [1,", "1:5: the array is not closed with ]")]
    [InlineData("a = [1 2]", "1:8: the array needs a , or ] after a value")]
    [InlineData("a = [,]", "1:6: unexpected ',' where a value is expected")]
    [InlineData("a = {x = 1,}", "1:12: unexpected '}' where a key is expected")]
    [InlineData("a = {x = 1", "1:11: the file ends where the inline table needs a , or }")]
    [InlineData("a = {x = 1\n}", "1:11: the line ends where the inline table needs a , or }; it stands on one line")]
    [InlineData("\"😀\" = 1\n\"😀😀\" x", "2:6: unexpected 'x' where key '😀😀' needs a =")]
    [InlineData("a = 1\u0000", "1:6: control character U+0000 after a value")]
    public void An_error_in_a_value_names_file_line_column_and_what_is_wrong(string text, string expected) =>
        Expect(text, expected);

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_place()
    {
        byte[] bytes = [.. "a = 1\nb = \"é"u8, 0xff, .. "\""u8];
        TomlException error = Assert.Throws<TomlException>(() => TomlDocument.Parse(bytes, "f"));
        Assert.Equal("f:2:7: the file is not UTF-8", error.Message);
        byte[] marked = [0xef, 0xbb, 0xbf, .. "a = 1"u8];
        Assert.Equal("a=1", Show(TomlDocument.Parse(marked, "f").Root));
    }

    [Fact]
    public void Nesting_without_end_is_refused_and_not_a_stack_overflow()
    {
        string deep = "a = " + new string('[', 200_000);
        TomlException error = Assert.Throws<TomlException>(() => TomlDocument.Parse(deep, "f"));
        Assert.Contains("nested", error.Message, StringComparison.Ordinal);
        string tables = "a = " + string.Concat(Enumerable.Repeat("{a = ", 200_000));
        Assert.Throws<TomlException>(() => TomlDocument.Parse(tables, "f"));
    }

    [Fact]
    public void Random_text_is_read_or_refused_and_nothing_else()
    {
        const string Alphabet = "ab01 \t\n\r\"'#=.,[]{}-+_:eTZ\\\u0001é";
        var random = new Random(11);
        for (int i = 0; i < 50_000; i++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(30); length > 0; length--)
                text.Append(Alphabet[random.Next(Alphabet.Length)]);
            try
            {
                TomlDocument.Parse(text.ToString(), "f");
            }
            catch (TomlException)
            {
            }
        }
    }

    private static void Expect(string text, string expected)
    {
        TomlException error = Assert.Throws<TomlException>(() => TomlDocument.Parse(text, "f.toml"));
        Assert.StartsWith("f.toml:", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static string Show(TomlTable table) =>
        string.Join(' ', table.Entries.Select(entry => $"{entry.Key}={Show(entry.Value)}"));

    private static string Show(TomlValue value) => value.Kind switch
    {
        TomlKind.String => $"'{value.AsString}'",
        TomlKind.Integer => value.AsInteger.ToString(CultureInfo.InvariantCulture),
        TomlKind.Float => value.AsFloat.ToString(CultureInfo.InvariantCulture) + "f",
        TomlKind.Boolean => value.AsBoolean.ToString(),
        TomlKind.OffsetDateTime => value.AsOffsetDateTime.ToString("o", CultureInfo.InvariantCulture),
        TomlKind.LocalDateTime => value.AsLocalDateTime.ToString("o", CultureInfo.InvariantCulture),
        TomlKind.LocalDate => value.AsLocalDate.ToString("o", CultureInfo.InvariantCulture),
        TomlKind.LocalTime => value.AsLocalTime.ToString("o", CultureInfo.InvariantCulture),
        TomlKind.Array => $"[{string.Join(' ', value.AsArray.Select(Show))}]",
        _ => $"{{{Show(value.AsTable)}}}",
    };
}
