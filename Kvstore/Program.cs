using Chorus.Common.Hosting;
using Chorus.Kvstore;

return CommandHost.Run(KvstoreCommand.Create(KvstoreProcess.Run), args);
