using Chorus.Client;
using Chorus.Client.CommandLine;
using Chorus.Client.Commands;
using Chorus.Common.Hosting;

Surroundings surroundings = new(Terminal.OfProcess(), ClusterAccess.Connect);
return CommandHost.Run(ClientProgram.Create(surroundings), args, CommandTree.WantsJson);
