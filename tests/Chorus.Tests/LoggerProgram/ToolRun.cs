using System.Text;
using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Logger.Tools;

namespace Chorus.Tests.LoggerProgram;

/// <summary>One run of the program with a tool.</summary>
internal sealed record ToolRun(int Code, string Output, string Error)
{
    public IEnumerable<JsonElement> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => JsonDocument.Parse(line).RootElement);

    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static ToolRun Of(params string[] args) => Of(isTerminal: false, args);

    public static ToolRun Of(bool isTerminal, params string[] args)
    {
        using var output = new MemoryStream();
        var error = new StringWriter();
        var context = new ToolContext { Output = output, IsTerminal = isTerminal, Width = 120 };
        int code = CommandHost.Run(
            Chorus.Logger.LoggerProgram.Create(context, (_, _) => throw new NotSupportedException()), args,
            TextWriter.Null, error, ToolFlags.AsksForJson);
        return new ToolRun(code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
