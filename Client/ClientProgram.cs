using System.CommandLine;
using Chorus.Client.CommandLine;
using Chorus.Client.Commands;

namespace Chorus.Client;

/// <summary>All commands of the program.</summary>
internal static class ClientProgram
{
    /// <summary>Describes every command.</summary>
    public static IReadOnlyList<CommandSpec> Commands(Surroundings surroundings) =>
    [
        .. KeyCommands.All(surroundings),
        .. ClusterCommands.All(surroundings),
        .. MemberCommands.All(surroundings),
        BackupCommand.Of(surroundings),
        .. RestoreCommands.All(surroundings),
        WatchCommand.Of(surroundings),
        ReplCommand.Of(surroundings),
        LoadCommand.Of(surroundings),
        VerifyCommand.Of(surroundings),
        HistoryCommand.Of(surroundings),
        BenchCommand.Of(surroundings),
    ];

    /// <summary>The command line of the program.</summary>
    public static RootCommand Create(Surroundings surroundings)
    {
        IReadOnlyList<CommandSpec> commands = Commands(surroundings);
        return CommandTree.Build(
            "Client: reads and writes the keys of a cluster, shows its members, and puts load on it. Flags without "
            + "a command are those of 'load'. Servers come from -servers, else from client-config.toml in this "
            + "folder, else the replica at :11000 is asked. 'Client COMMAND -help' tells more.",
            commands,
            commands.First(command => command.Name == "load"),
            surroundings.Terminal.Variable,
            new("Client set greeting hello", "write"),
            new("Client get greeting -servers :11000,:11001,:11002", "read, linearizably"),
            new("Client status", "all members: role, indexes, lag, digest"),
            new("Client -config=client-config.toml", "run the load in the file, the same as 'Client load'"));
    }
}
