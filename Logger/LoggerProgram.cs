using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Logger.Tools;

namespace Chorus.Logger;

/// <summary>The commands of the program.</summary>
internal static class LoggerProgram
{
    /// <summary>Builds them.</summary>
    /// <param name="context">Where the tools write.</param>
    /// <param name="run">Runs a logger until it is stopped; returns the exit code.</param>
    public static RootCommand Create(ToolContext context, Func<LoggerOptions, CancellationToken, int> run)
    {
        var root = new RootCommand(
            "Logger: records what clusters commit, and looks at the logs that loggers and replicas keep.").WithExamples(
            new("Logger -id log0 -raft :12003 -join :13000", "observe a cluster"),
            new("Logger -id log0,log1 -raft :12003,:12004 -join :13000,:13001", "observe two clusters"),
            new("Logger verify data/log0", "whether a log is whole"),
            new("Logger stat data/log0", "what it holds"),
            new("Logger dump data/log0 -from 1000", "its records"),
            new("Logger diff data/log0 data/node0", "whether two logs of one cluster are equal"));
        foreach (Command tool in ToolCommands.All(context))
            root.Subcommands.Add(tool);
        LoggerCommand.AddTo(root, run);
        return root;
    }
}
