using System.CommandLine;
using Chorus.Common.Replica;

namespace Chorus.Common.Hosting;

/// <summary>The flags that every kind of replica has.</summary>
public sealed class ReplicaFlags
{
    private const long SnapshotBytesMin = 1 << 20;

    private readonly FlagOption<string?> _id = Flag.Text(
        "id", "NAME", "name of this replica, unique in its cluster");
    private readonly FlagOption<HostEndpoint?> _port = Flag.Endpoint("port", "where clients connect", ":11000");
    private readonly FlagOption<HostEndpoint?> _raft = Flag.Endpoint(
        "raft", "where the other replicas connect", ":12000");
    private readonly FlagOption<HostEndpoint?> _hjoin = Flag.Endpoint(
        "hjoin", "accept replicas that want to join here (off unless given)");
    private readonly FlagOption<HostEndpoint?> _join = Flag.Endpoint(
        "join", "join the cluster through the -hjoin address of any member; without it, and without data, "
            + "start a new cluster");
    private readonly FlagOption<HostEndpoint?> _hrecov = Flag.Endpoint(
        "hrecov", "serve state transfer here (default: the port of -raft + 2000)");
    private readonly FlagOption<HostEndpoint?> _feed = Flag.Endpoint(
        "feed", "publish the committed log here (default: the port of -raft + 4000)");
    private readonly FlagOption<IReadOnlyList<HostPeer>> _peers = Flag.List(
        "peer", "ID=HOST:PORT", "start a fixed set of voters together, all there at once: one -peer for each, with its "
            + "-raft address",
        HostPeer.Parse);
    private readonly FlagOption<string?> _data = Flag.Text(
        "data", "FOLDER", "log and hard state of this replica (default data/NAME)");
    private readonly FlagOption<bool> _inMemory = Flag.Switch(
        "inmem", "keep the log in memory only: nothing survives a restart");
    private readonly FlagOption<string?> _logFolder = Flag.Text(
        "logfolder", "FOLDER", "write each applied command to a log in this folder, flushed, before it is answered");
    private readonly FlagOption<string?> _reads = Flag.Text(
        "reads", "index|lease|log", "how reads are answered that do not say (default index)");
    private readonly FlagOption<long> _snapshot = Flag.Value(
        "snapshot", "SIZE",
        "take a snapshot after this much log, such as 64M or 4G; or as much as the last one is long, if that is more",
        text => SizeText.Parse("-snapshot", text, SnapshotBytesMin, "1M"), new SnapshotOptions().EveryBytes, "1G");
    private readonly FlagOption<long> _keep = Flag.Value(
        "keep", "SIZE", "keep this much log behind the snapshots for whoever lags, and twice as much while he needs it",
        text => SizeText.Parse("-keep", text, 0, "0"), new SnapshotOptions().KeepBytes, "1G");
    private readonly FlagOption<int> _keepSeconds = Flag.Integer(
        "keepfor", "SECONDS", "keep the log of the last so many seconds, within twice -keep", 600, 0, 100_000_000);
    private readonly FlagOption<int> _priority = Flag.Integer(
        "priority", "0-100", "of two equally up-to-date replicas the higher one becomes leader", 50, 0,
        ReplicaHostOptions.PriorityMax);
    private readonly FlagOption<string?> _advertise = Flag.Text(
        "advertise", "HOST", "host name by which others reach this machine, where -port and -raft do not say it");
    private readonly FlagOption<bool> _insecure = Flag.Switch(
        "insecure", "allow listening beyond this machine: connections are neither encrypted nor authenticated");
    private readonly FlagOption<string?> _cpuProfile = Flag.Text(
        "cpuprofile", "FILE", "write a CPU trace (.nettrace) to this file on exit");
    private readonly FlagOption<string?> _memoryProfile = Flag.Text(
        "memprofile", "FILE", "write a report on the heap to this file on exit");
    private readonly FlagOption<bool> _verbose = Flag.Switch("v", "show details on standard error");
    private readonly FlagOption<bool> _quiet = Flag.Switch("quiet", "show only warnings and errors");

    /// <summary>Declares the flags of a program.</summary>
    /// <param name="name">The program.</param>
    /// <param name="description">What it is, in a sentence.</param>
    /// <param name="own">The flags that only this kind of replica has.</param>
    public RootCommand Declare(string name, string description, params ReadOnlySpan<Option> own)
    {
        _id.Required = true;
        var root = new RootCommand(description)
        {
            _id, _port, _raft, _hjoin, _join, _hrecov, _feed, _peers, _data, _inMemory, _logFolder,
        };
        foreach (Option option in own)
            root.Add(option);
        foreach (Option option in new Option[]
            {
                _reads, _snapshot, _keep, _keepSeconds, _priority, _advertise, _insecure, _cpuProfile, _memoryProfile,
                _verbose, _quiet,
            })
        {
            root.Add(option);
        }
        return root.WithExamples(
            new($"{name} -id node0 -hjoin :13000", "start a new cluster that others can join at port 13000"),
            new($"{name} -id node1 -port :11001 -raft :12001 -join :13000", "join it from the same machine"),
            new($"{name} -id node1 -port :11001 -raft :12001", "start again after a stop or a crash"),
            new(
                $"{name} -id a -peer a=:12000 -peer b=:12001 -peer c=:12002",
                "one of three voters that start together"),
            new(
                $"{name} -id node0 -port 10.0.0.5:11000 -raft 10.0.0.5:12000 -hjoin 10.0.0.5:13000 -insecure",
                "be reached from other machines, on a network that you trust"));
    }

    // What is in memory only is taken no snapshots of: it would be there three times.
    private SnapshotOptions SnapshotsOf(ParseResult parsed) => new()
    {
        EveryBytes = parsed.GetValue(_inMemory) ? long.MaxValue : parsed.GetValue(_snapshot),
        KeepBytes = parsed.GetValue(_keep),
        KeepMicros = parsed.GetValue(_keepSeconds) * 1_000_000L,
    };

    /// <summary>What the flags say.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="complete">Adds what only this kind of replica knows.</param>
    public ReplicaProcessOptions Read(ParseResult parsed, Func<ReplicaHostOptions, ReplicaHostOptions> complete)
    {
        string id = parsed.GetValue(_id) ?? "";
        string? logFolder = parsed.GetValue(_logFolder);
        var host = new ReplicaHostOptions
        {
            Id = id,
            DataDirectory = parsed.GetValue(_data) ?? Path.Combine("data", id),
            JoinListenEndpoint = parsed.GetValue(_hjoin),
            JoinEndpoint = parsed.GetValue(_join),
            TransferEndpoint = parsed.GetValue(_hrecov),
            FeedEndpoint = parsed.GetValue(_feed),
            Peers = parsed.GetValue(_peers) ?? [],
            AdvertisedHost = parsed.GetValue(_advertise),
            InMemory = parsed.GetValue(_inMemory),
            Insecure = parsed.GetValue(_insecure),
            Priority = parsed.GetValue(_priority),
            Reads = ReadModes.ParseForServer(parsed.GetValue(_reads)),
            AppliesOnThread = logFolder is not null,
            Snapshots = SnapshotsOf(parsed),
        };
        host = host with
        {
            ClientEndpoint = parsed.GetValue(_port) ?? host.ClientEndpoint,
            PeerEndpoint = parsed.GetValue(_raft) ?? host.PeerEndpoint,
        };
        return new ReplicaProcessOptions
        {
            Host = complete(host),
            LogFolder = logFolder,
            CpuProfile = parsed.GetValue(_cpuProfile),
            MemoryProfile = parsed.GetValue(_memoryProfile),
            Verbose = parsed.GetValue(_verbose),
            Quiet = parsed.GetValue(_quiet),
        };
    }
}
