using System.Text;
using Chorus.Client.CommandLine;
using Chorus.Client.Commands;
using Chorus.Common.Hosting;

namespace Chorus.Tests.ClientProgram;

/// <summary>Runs the program against a cluster in memory, in a folder of its own.</summary>
internal sealed class ProgramRun : IDisposable
{
    private readonly Dictionary<string, string> _variables = [];

    public FakeCluster Cluster { get; init; } = new() { Asynchronous = true };

    public string Folder { get; } = Directory.CreateTempSubdirectory("chorus-client-").FullName;

    /// <summary>Standard output of the last run.</summary>
    public string Out { get; private set; } = "";

    /// <summary>The same as bytes.</summary>
    public byte[] OutBytes { get; private set; } = [];

    /// <summary>Standard error of the last run.</summary>
    public string Error { get; private set; } = "";

    public void Set(string variable, string value) => _variables[variable] = value;

    public void WriteConfiguration(string text) =>
        File.WriteAllText(Path.Combine(Folder, Surroundings.DefaultFile), text);

    /// <summary>Runs one command line. Returns the exit code.</summary>
    public int Run(params string[] args) => RunWithInput("", args);

    public int RunWithInput(string input, params string[] args)
    {
        using MemoryStream output = new();
        using StreamWriter writer = new(output, new UTF8Encoding(false));
        StringWriter error = new();
        Terminal terminal = new()
        {
            OutBytes = output,
            Out = writer,
            Error = error,
            In = new StringReader(input),
            Variable = name => _variables.GetValueOrDefault(name),
            Folder = Folder,
        };
        int exitCode = CommandHost.Run(
            Chorus.Client.ClientProgram.Create(new Surroundings(terminal, Cluster.Connect)), args, writer, error,
            CommandTree.WantsJson);
        writer.Flush();
        OutBytes = output.ToArray();
        Out = Encoding.UTF8.GetString(OutBytes);
        Error = error.ToString();
        return exitCode;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
