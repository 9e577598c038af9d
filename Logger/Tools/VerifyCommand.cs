using System.CommandLine;
using System.Text.Json;
using Chorus.Common.Hosting;
using Chorus.Common.Log;

namespace Chorus.Logger.Tools;

/// <summary><c>verify</c>: reads every record of folders, and says whether all is as it was written.</summary>
internal sealed class VerifyCommand
{
    private readonly ToolContext _context;
    private readonly Argument<string[]> _folders = new("DIR")
    {
        Description = "log folders, or data directories of replicas; only read, even while their processes run",
        Arity = ArgumentArity.OneOrMore,
    };

    private VerifyCommand(ToolContext context) => _context = context;

    /// <summary>Builds the command.</summary>
    public static Command Create(ToolContext context)
    {
        var verify = new VerifyCommand(context);
        var command = new Command(
            "verify", "Reads every record and checks checksum, index, chain, and the order of terms and times. "
                + "Exit code 5 where something is damaged or missing, with file and offset.")
        {
            verify._folders, ToolFlags.Format,
        };
        command.SetAction(verify.Run);
        return command.WithExamples(
            new("Logger verify data/log0", "one folder"),
            new("Logger verify data/* -o json", "all of them, for a program"));
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        bool asJson = parsed.GetValue(ToolFlags.Format) == ToolFormat.Json;
        using var json = new Utf8JsonWriter(_context.Output, RecordJson.Options);
        if (asJson)
            json.WriteStartArray();
        bool damaged = false;
        foreach (string path in parsed.GetValue(_folders)!)
        {
            try
            {
                FolderVerdict verdict = Verify(LogFolder.Open(path), stop);
                damaged |= verdict.Damage is not null;
                if (asJson)
                    verdict.Write(json);
                else
                    _context.Tell(verdict.Text());
            }
            catch (LogCorruptionException damage)
            {
                // Not even the headers of the segments can be read.
                damaged = true;
                if (asJson)
                    WriteUnreadable(json, path, damage);
                else
                    _context.Tell($"{Path.GetFullPath(path)}: DAMAGED\n  {damage.Message}");
            }
        }
        if (asJson)
        {
            json.WriteEndArray();
            json.Flush();
            _context.Tell("");
        }
        return damaged ? ExitCodes.Corruption : ExitCodes.Ok;
    }

    private static FolderVerdict Verify(LogFolder folder, CancellationToken stop)
    {
        var verdict = new FolderVerdict(folder);
        using var reader = new LogReader(folder.Storage);
        var walk = new LogWalk(reader, folder.Extent, folder.Extent.First, folder.Extent.Limit.Index.Next);
        try
        {
            while (walk.Read())
            {
                ToolReading.CheckStop(walk.Header.Index, stop);
                verdict.Records++;
                verdict.Bytes += walk.Record.Length;
                verdict.Last = walk.Header;
            }
            ToolReading.CheckComplete(walk, folder);
            ToolReading.ThrowDamage(folder);
        }
        catch (LogCorruptionException damage)
        {
            verdict.Damage = damage;
        }
        return verdict;
    }

    private static void WriteUnreadable(Utf8JsonWriter json, string path, LogCorruptionException damage)
    {
        json.WriteStartObject();
        json.WriteString("folder", Path.GetFullPath(path));
        json.WriteString("verdict", "damaged");
        json.WriteString("file", damage.File);
        json.WriteNumber("offset", damage.Offset);
        json.WriteString("message", damage.Message);
        json.WriteEndObject();
    }
}
