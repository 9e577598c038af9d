using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Chorus.Client.Measure;
using Chorus.Common.Client;
using Chorus.Common.Hosting;
using Chorus.Common.Protocol;

namespace Chorus.Client.Commands;

/// <summary>Prints answers and failures, for people or as one line of JSON each.</summary>
internal sealed class Answer(Terminal terminal, bool json)
{
    private static readonly JsonSerializerOptions OneLine = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public bool IsJson => json;

    /// <summary>Reads <c>-o</c>.</summary>
    public static Answer For(Terminal terminal, string? format) => format switch
    {
        null or "table" => new Answer(terminal, json: false),
        "json" => new Answer(terminal, json: true),
        _ => throw ChorusException.Usage($"-o: there is no format '{format}'", "Use table or json."),
    };

    /// <summary>Prints an answer to standard output.</summary>
    public void Tell(string text, Func<JsonNode> node)
    {
        terminal.Out.Write((json ? Line(node()) : text) + "\n");
        terminal.Out.Flush();
    }

    /// <summary>Prints a failure to standard error. Returns its exit code.</summary>
    public int Fail(ChorusException failure)
    {
        CommandErrors.Write(terminal.Error, failure, json);
        return failure.ExitCode;
    }

    /// <summary>Prints how an operation failed. Returns its exit code.</summary>
    public int Fail(in ClientResult failure) => Fail(Explain(failure));

    /// <summary>Prints how an operation failed whose subject must exist. Returns its exit code.</summary>
    public int FailUnlessOk(in ClientResult failure)
    {
        ChorusException error = Explain(failure);
        return Fail(failure.Code == Code.NotFound
            ? new ChorusException(ExitCodes.Failed, error.Code, error.Message, error.Cure)
            : error);
    }

    /// <summary>A failed operation as an error.</summary>
    public static ChorusException Explain(in ClientResult failure)
    {
        string code = CodeNames.Of(failure.Code).ToLowerInvariant();
        return new ChorusException(
            ExitCodeOf(failure.Code), code, failure.Message.Length > 0 ? failure.Message : code, failure.Cure);
    }

    public static int ExitCodeOf(Code code) => code switch
    {
        Code.Ok or Code.NotFound => ExitCodes.Ok,
        Code.NotLeader => ExitCodes.Unreachable,
        _ => ExitCodes.Failed,
    };

    /// <summary>One line of JSON, letters of every script as they are.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(OneLine);
}
