using Chorus.Common.Hosting;
using Chorus.Logger;
using Chorus.Logger.Tools;

return CommandHost.Run(LoggerProgram.Create(ToolContext.OfProcess(), LoggerProcess.Run), args, ToolFlags.AsksForJson);
