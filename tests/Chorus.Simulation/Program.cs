using Chorus.Simulation.Commands;

if (Arguments.Parse(args, out string error) is not { } arguments)
{
    Console.Error.WriteLine(error.Length > 0 ? $"{error}\n\n{Arguments.Usage}" : Arguments.Usage);
    return error.Length > 0 ? 2 : 0;
}
if (arguments.History is { } history)
    return HistoryCheck.Run(history, Console.Out);
return arguments.Mutant == "all" ? MutantHunt.Run(arguments) : new Sweep(arguments, Console.Out).Run();
