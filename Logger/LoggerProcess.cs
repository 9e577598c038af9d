using Chorus.Common.Hosting;
using Chorus.Common.Log;
using Chorus.Logger.Recording;

namespace Chorus.Logger;

/// <summary>Puts a logger together and runs it.</summary>
internal static class LoggerProcess
{
    /// <summary>Runs until stopped, or until every cluster has failed.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(LoggerOptions options, CancellationToken stop)
    {
        Background.EnterProcess(options.Nice);
        using Profiler profiler = Profiler.Start(options.CpuProfile, options.MemoryProfile);
        string name = options.Attachments.Count == 1 ? options.Attachments[0].Id : "logger";
        string folder = Path.Combine(options.Attachments[0].Folder, "log");
        using HostLogging logging = HostLogging.Open(name, folder, options.Verbose, options.Quiet);
        return logging.Guard(() =>
        {
            using var scribe = new Scribe(
                options.Format == LoggerFormat.Text, logging.Factory.CreateLogger("scribe"));
            return new LoggerHost(HostOptions(options), logging.Factory) { Opened = scribe.Add }.Run(stop);
        });
    }

    private static LoggerHostOptions HostOptions(LoggerOptions options) => new()
    {
        AdvertisedHost = options.AdvertisedHost,
        KeepBytes = options.KeepBytes,
        Clusters =
        [
            .. options.Attachments.Select(attachment => new LoggerCluster
            {
                Id = attachment.Id,
                PeerEndpoint = attachment.PeerEndpoint,
                TransferEndpoint = attachment.TransferEndpoint,
                FeedEndpoint = attachment.FeedEndpoint,
                JoinEndpoint = attachment.JoinEndpoint,
                Folder = attachment.Folder,
                Upstream = attachment.Upstream ?? "",
            }),
        ],
    };
}
