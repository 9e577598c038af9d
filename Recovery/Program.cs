using Chorus.Common.Hosting;
using Chorus.Recovery;

return CommandHost.Run(RecoveryCommand.Create(RecoveryProcess.Run), args, RecoveryCommand.WantsJson);
