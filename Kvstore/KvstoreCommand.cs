using System.CommandLine;
using Chorus.Common.Hosting;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;

namespace Chorus.Kvstore;

/// <summary>The command line of Kvstore.</summary>
internal sealed class KvstoreCommand
{
    private const int KeyBytesMost = 64 << 10;
    private const int ValueBytesMost = 4 << 20;
    private const int CommandOverheadBytes = 64;

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
        "peer", "ID=HOST:PORT", "start a fixed set of voters together: one -peer for each, with its -raft address",
        HostPeer.Parse);
    private readonly FlagOption<string?> _data = Flag.Text(
        "data", "FOLDER", "log and hard state of this replica (default data/NAME)");
    private readonly FlagOption<bool> _inMemory = Flag.Switch(
        "inmem", "keep the log in memory only: nothing survives a restart");
    private readonly FlagOption<string?> _logFolder = Flag.Text(
        "logfolder", "FOLDER", "write each applied command to a log in this folder, flushed, before it is answered");
    private readonly FlagOption<Preload> _preload = Flag.Value(
        "preload", "N,SIZE", "begin with keys 0 to N-1 and values of SIZE bytes; the same on every replica",
        Preload.Parse, default, null);
    private readonly FlagOption<int> _keyMax = Flag.Integer(
        "keymax", "BYTES", "longest key", new KvStateMachineOptions().KeyBytesMax, 1, KeyBytesMost);
    private readonly FlagOption<int> _valueMax = Flag.Integer(
        "valuemax", "BYTES", "longest value", new KvStateMachineOptions().ValueBytesMax, 0, ValueBytesMost);
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

    /// <summary>Builds the command.</summary>
    /// <param name="run">Runs a replica until it is stopped; returns the exit code.</param>
    public static RootCommand Create(Func<KvstoreOptions, CancellationToken, int> run)
    {
        var command = new KvstoreCommand();
        RootCommand root = command.Declare();
        root.SetAction((parsed, stop) =>
        {
            KvstoreOptions options = command.Read(parsed);
            options.Validate();
            return run(options, stop);
        });
        return root;
    }

    private RootCommand Declare()
    {
        _id.Required = true;
        return new RootCommand("Kvstore: one replica of a replicated key-value store.")
        {
            _id, _port, _raft, _hjoin, _join, _hrecov, _feed, _peers, _data, _inMemory, _logFolder, _preload, _keyMax,
            _valueMax, _priority, _advertise, _insecure, _cpuProfile, _memoryProfile, _verbose, _quiet,
        }.WithExamples(
            new("Kvstore -id node0 -hjoin :13000", "start a new cluster that others can join at port 13000"),
            new("Kvstore -id node1 -port :11001 -raft :12001 -join :13000", "join it from the same machine"),
            new("Kvstore -id node1 -port :11001 -raft :12001", "start again after a stop or a crash"),
            new(
                "Kvstore -id a -peer a=:12000 -peer b=:12001 -peer c=:12002",
                "one of three voters that start together"),
            new(
                "Kvstore -id node0 -port 10.0.0.5:11000 -raft 10.0.0.5:12000 -hjoin 10.0.0.5:13000 -insecure",
                "be reached from other machines, on a network that you trust"));
    }

    private KvstoreOptions Read(ParseResult parsed)
    {
        string id = parsed.GetValue(_id) ?? "";
        Preload preload = parsed.GetValue(_preload);
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
            StateBase = preload.Base,
            // Not what this replica's limits say: others may propose longer ones, which must still be stored.
            Log = new LogOptions { PayloadBytesMax = KeyBytesMost + ValueBytesMost + CommandOverheadBytes },
        };
        host = host with
        {
            ClientEndpoint = parsed.GetValue(_port) ?? host.ClientEndpoint,
            PeerEndpoint = parsed.GetValue(_raft) ?? host.PeerEndpoint,
            AppliesOnThread = logFolder is not null,
        };
        return new KvstoreOptions
        {
            Host = host,
            Limits = new KvStateMachineOptions
            {
                KeyBytesMax = parsed.GetValue(_keyMax),
                ValueBytesMax = parsed.GetValue(_valueMax),
            },
            Preload = preload,
            LogFolder = logFolder,
            CpuProfile = parsed.GetValue(_cpuProfile),
            MemoryProfile = parsed.GetValue(_memoryProfile),
            Verbose = parsed.GetValue(_verbose),
            Quiet = parsed.GetValue(_quiet),
        };
    }
}
