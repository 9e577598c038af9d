using Chorus.Common.Hosting;
using Chorus.DiskStorage;

return CommandHost.Run(DiskStorageCommand.Create(DiskStorageProcess.Run), args);
