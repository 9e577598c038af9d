using System.Text;
using System.Text.Json;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Messaging;
using Chorus.Common.Replica;
using Chorus.Common.Toml;
using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>
/// Turns whatever went wrong into an exit code and a sentence for the cause and one for the cure.
/// </summary>
public static class CommandErrors
{
    /// <summary>Code of an exception that nobody foresaw.</summary>
    public const string UnexpectedCode = "internal";

    /// <summary>Explains an exception.</summary>
    public static ChorusException Explain(Exception error) => error switch
    {
        ChorusException known => known,
        AggregateException { InnerExceptions: [var only] } => Explain(only),
        TomlException toml => new ChorusException(ExitCodes.Usage, "configuration", toml.Message, "", toml),
        LogCorruptionException log => new ChorusException(ExitCodes.Corruption, "corruption", log.Message, "", log),
        NodeDirectoryException directory => ChorusException.Failed(
            "data_directory", directory.Message, directory.Cure, directory),
        SlotFileException slots => ChorusException.Failed("state_file", slots.Message, slots.Cure, slots),
        LibzmqMissingException missing => ChorusException.Failed("libzmq_missing", missing.Message, "", missing),
        ZmqException zmq => ChorusException.Failed("messaging", zmq.Message, "", zmq),
        ReplicaStoppedException { InnerException: LogCorruptionException log } => new ChorusException(
            ExitCodes.Corruption, "corruption", log.Message, "", log),
        ReplicaStoppedException stopped => ChorusException.Failed("stopped", stopped.Message, stopped.Cure, stopped),
        OperationCanceledException => new ChorusException(ExitCodes.Interrupted, "interrupted", "interrupted"),
        UnauthorizedAccessException denied => ChorusException.Failed(
            "access_denied", denied.Message, "Check who owns the file and its folder", denied),
        FileNotFoundException or DirectoryNotFoundException => ChorusException.Failed(
            "not_found", error.Message, "Check the path", error),
        IOException io => ChorusException.Failed("io", io.Message, "", io),
        InvariantViolationException broken => ChorusException.Failed(
            "invariant",
            $"an internal check failed, and the process stopped before it could do harm: {broken.Message}",
            "The data on disk is intact: start it again, and report this with its log",
            broken),
        OutOfMemoryException memory => ChorusException.Failed(
            "out_of_memory", "the machine has no memory left", "Give it more, or store less", memory),
        _ => ChorusException.Failed(
            UnexpectedCode, $"unexpected failure: {error.GetType().Name}: {error.Message}", "", error),
    };

    /// <summary>Cause and cure as sentences in one line.</summary>
    public static string Sentences(ChorusException error)
    {
        string cause = Sentence(error.Message);
        return error.Cure.Length == 0 ? cause : $"{cause} {Sentence(error.Cure)}";
    }

    /// <summary>Tells people, or programs that asked for JSON.</summary>
    /// <param name="output">Where to: the process's standard error.</param>
    /// <param name="error">What.</param>
    /// <param name="asJson">Whether as one line <c>{"code":..., "message":..., "cure":...}</c>.</param>
    public static void Write(TextWriter output, ChorusException error, bool asJson)
    {
        if (!asJson)
        {
            output.WriteLine($"error: {Sentences(error)}");
            return;
        }
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("code", error.Code);
            json.WriteString("message", error.Message);
            json.WriteString("cure", error.Cure);
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static string Sentence(string text)
    {
        string line = text.ReplaceLineEndings(" ").TrimEnd();
        return line.Length == 0 || line[^1] is '.' or '!' or '?' ? line : line + ".";
    }
}
