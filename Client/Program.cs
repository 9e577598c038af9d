using Chorus.Client;
using Chorus.Client.Commands;

return await new ClientProgram(Terminal.OfProcess(), ClusterAccess.Connect).RunAsync(args).ConfigureAwait(false);
