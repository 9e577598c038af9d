using System.CommandLine;

namespace Chorus.Logger.Tools;

/// <summary>The commands that look at folders while no logger runs, or beside one.</summary>
internal static class ToolCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> All(ToolContext context) =>
    [
        DumpCommand.Create(context), VerifyCommand.Create(context), StatCommand.Create(context),
        DiffCommand.Create(context),
    ];
}
