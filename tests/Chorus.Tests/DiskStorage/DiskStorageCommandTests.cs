using Chorus.Common.Hosting;
using Chorus.DiskStorage;

namespace Chorus.Tests.DiskStorage;

public sealed class DiskStorageCommandTests
{
    [Fact]
    public void An_id_is_enough_for_a_gibibyte_of_slots()
    {
        DiskStorageOptions options = Accept("-id", "d0");
        Assert.Equal("slots 1048576,1024", options.Process.Host.StateBase);
        Assert.Equal(1L << 30, options.Geometry.LengthBytes);
        Assert.Equal("127.0.0.1:11000", options.Process.Host.ClientEndpoint.ToString());
        Assert.True(options.Process.Host.AppliesOnThread);
        Assert.Null(options.File);
    }

    [Fact]
    public void Every_flag_of_its_own_reaches_its_option()
    {
        DiskStorageOptions options = Accept(
            "-id=d1", "-file", "f.slots", "-slots=100", "--slotsize", "4096", "-port", ":1", "-logfolder", "l");
        Assert.Equal(("f.slots", 100, 4096), (options.File, options.Geometry.Slots, options.Geometry.SlotBytes));
        Assert.Equal("127.0.0.1:1", options.Process.Host.ClientEndpoint.ToString());
        Assert.Equal("l", options.Process.LogFolder);
    }

    [Theory]
    [InlineData("-id is missing: -id NAME")]
    [InlineData("-slots: '0' is no number from 1 to 2147483647", "-id", "d", "-slots", "0")]
    [InlineData("-slotsize: '100' is no number from 512 to 1048576", "-id", "d", "-slotsize", "100")]
    [InlineData("-slotsize: 1000 is no multiple of 512", "-id", "d", "-slotsize", "1000")]
    [InlineData("-file: 'here/' is a folder", "-id", "d", "-file", "here/")]
    [InlineData("unknown flag '-preload'", "-id", "d", "-preload", "1,1")]
    [InlineData("-v and -quiet exclude", "-id", "d", "-v", "-quiet")]
    public void A_wrong_command_line_is_refused_before_anything_is_started(string expected, params string[] args)
    {
        (int code, string error, DiskStorageOptions? options) = Run(args);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Null(options);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static DiskStorageOptions Accept(params string[] args)
    {
        (int code, string error, DiskStorageOptions? options) = Run(args);
        Assert.Equal((0, ""), (code, error));
        return options!;
    }

    private static (int Code, string Error, DiskStorageOptions? Options) Run(string[] args)
    {
        DiskStorageOptions? seen = null;
        var error = new StringWriter();
        var root = DiskStorageCommand.Create((options, _) =>
        {
            seen = options;
            return 0;
        });
        int code = CommandHost.Run(root, args, TextWriter.Null, error);
        return (code, error.ToString(), seen);
    }
}
