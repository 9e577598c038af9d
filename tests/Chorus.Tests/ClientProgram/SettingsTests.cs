using Chorus.Client.Settings;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;
using Chorus.Common.Toml;

namespace Chorus.Tests.ClientProgram;

public sealed class SettingsTests
{
    [Fact]
    public void The_configuration_that_comes_with_the_program_is_right_and_names_every_key()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "client-config.toml")))
            folder = folder.Parent;
        Assert.NotNull(folder);
        string text = File.ReadAllText(Path.Combine(folder.FullName, "client-config.toml"));
        LoadSettings settings = Read(text);
        Assert.Equal(["127.0.0.1:11000", "127.0.0.1:11001", "127.0.0.1:11002"], settings.Servers);
        Assert.Empty(settings.Notes);
        Assert.All(LoadSettingSpecs.All, spec => Assert.Matches($@"(?m)^#? ?{spec.Name} = ", text));
    }

    [Fact]
    public void A_flag_beats_the_environment_which_beats_the_file_which_beats_the_default()
    {
        Assert.Equal(64, Read("").Plan.Clients);
        Assert.Equal(5, Read("[load]\nclients = 5").Plan.Clients);
        Assert.Equal(6, Read("[load]\nclients = 5", new() { ["CHORUS_CLIENTS"] = "6" }).Plan.Clients);
        Assert.Equal(7, Read(
            "[load]\nclients = 5", new() { ["CHORUS_CLIENTS"] = "6" }, new() { ["clients"] = "7" }).Plan.Clients);
    }

    [Theory]
    [InlineData("0", 128)]
    [InlineData("1", 1024)]
    [InlineData("2", 4096)]
    [InlineData("3", 3)]
    [InlineData("512", 512)]
    public void The_data_flag_takes_presets_and_bytes(string data, int bytes) =>
        Assert.Equal(bytes, Read("", flags: new() { ["data"] = data }).Plan.ValueBytes);

    [Fact]
    public void Requests_and_time_exclude_each_other_and_the_nearer_one_holds()
    {
        Assert.Equal((0, 10.0), (Read("").Plan.Requests, Read("").Plan.TimeSec));
        Assert.Equal(9, Read("[load]\nrequests = 9").Plan.Requests);
        Assert.Equal(9, Read("[load]\ntimeSec = 3", flags: new() { ["req"] = "9" }).Plan.Requests);
        LoadSettings byTime = Read("[load]\nrequests = 9", flags: new() { ["time"] = "2.5" });
        Assert.Equal((0, 2.5), (byTime.Plan.Requests, byTime.Plan.TimeSec));
        Refused("[load]\nrequests = 9\ntimeSec = 3", "client.toml:2:12: a load ends after");
        Refused("[load]\ntimeSec = 0", "neither requests nor a time");
    }

    [Theory]
    [InlineData("clinets = 1", "client.toml:1:1: unknown key 'clinets'")]
    [InlineData("[load]\nclinets = 1", "client.toml:2:1: unknown key 'clinets'")]
    [InlineData("[load]\nrep = 1", "client.toml:2:1: unknown key 'rep'")]
    [InlineData("[laod]\nclients = 1", "client.toml:1:2: unknown key 'laod'")]
    [InlineData("load = 1", "client.toml:1:1: load must be a table")]
    [InlineData("[load]\nclients = \"5\"", "client.toml:2:11: load.clients must be a whole number")]
    [InlineData("[load]\nclients = 0", "client.toml:2:11: clients is 0; it must be from 1 to 100000")]
    [InlineData("[load]\nreadShare = 1.5", "client.toml:2:13: readShare is 1.5; it must be from 0 to 1")]
    [InlineData("[load]\nratePerSec = nan", "client.toml:2:14: load.ratePerSec must be a number")]
    [InlineData("svrIps = \"a\"", "client.toml:1:10: svrIps must be a list of texts")]
    [InlineData("svrIps = []", "names nobody")]
    [InlineData("svrIps = [\"127.0.0.1\"]", "'127.0.0.1' is no endpoint")]
    [InlineData("rep = 3\nsvrIps = [\":1\", \":2\"]", "client.toml:1:7: rep is 3, but svrIps lists 2")]
    [InlineData("localip = \"not here\"", "client.toml:1:11: localip")]
    [InlineData("[load]\ntolerate = [\"OK\"]", "there is no error called 'OK'")]
    [InlineData("[load]\nacked = \"f\"\nvalueBytes = 10", "client.toml:3:14: values of 10 bytes")]
    public void A_wrong_file_is_refused_with_its_place(string text, string message) => Refused(text, message);

    [Fact]
    public void Unknown_keys_are_answered_with_the_nearest_known_one()
    {
        ChorusException wrong = Assert.Throws<ChorusException>(() => Read("[load]\nclinets = 1"));
        Assert.Equal("Did you mean 'clients'?", wrong.Cure);
        Assert.Equal(ExitCodes.Usage, wrong.ExitCode);
    }

    [Fact]
    public void A_wrong_variable_or_flag_is_refused_by_its_name()
    {
        Assert.StartsWith("CHORUS_RATE: 'fast'", Assert.Throws<ChorusException>(
            () => Read("", new() { ["CHORUS_RATE"] = "fast" })).Message, StringComparison.Ordinal);
        Assert.StartsWith("-reads: readShare is 2", Assert.Throws<ChorusException>(
            () => Read("", flags: new() { ["reads"] = "2" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Servers_that_are_given_nearer_replace_the_number_of_replicas_in_the_file() =>
        Assert.Equal(["127.0.0.1:9"], Read(
            "rep = 2\nsvrIps = [\":1\", \":2\"]", flags: new() { ["servers"] = ":9" }).Servers);

    [Fact]
    public void A_port_for_replies_is_accepted_with_a_note() =>
        Assert.Contains("udpport 7000 is not used", Assert.Single(Read("udpport = 7000").Notes),
            StringComparison.Ordinal);

    [Fact]
    public void Unknown_outcomes_are_tolerated_only_where_they_are_accounted_for()
    {
        Assert.Empty(Read("").Tolerated);
        Assert.Equal([Code.OutcomeUnknown], Read("", flags: new() { ["acked"] = "f" }).Tolerated);
        Assert.Empty(Read("[load]\ntolerate = []", flags: new() { ["acked"] = "f" }).Tolerated);
        Assert.Equal([Code.Overloaded, Code.DiskFull], Read(
            "", flags: new() { ["tolerate"] = "overloaded, DISK_FULL" }).Tolerated);
    }

    private static void Refused(string text, string message) => Assert.Contains(
        message, Assert.Throws<ChorusException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static LoadSettings Read(
        string text, Dictionary<string, string>? variables = null, Dictionary<string, string>? flags = null) =>
        new LoadSettingsReader(
            TomlDocument.Parse(text, "client.toml"), name => variables?.GetValueOrDefault(name), flags ?? []).Read();
}
