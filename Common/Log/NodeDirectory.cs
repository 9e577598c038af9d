using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Chorus.Common.Log;

/// <summary>
/// The data directory of one node: knows whose it is, and keeps every other process out while it is open.
/// </summary>
/// <remarks>
/// Files: <c>node</c> (identity), <c>lock</c>, <c>pid</c>, <c>hard-state</c>, <c>segment-*</c>, <c>snapshot-*</c>. The
/// incarnation is made once, with the directory: a node whose directory was wiped comes back with another one (trap
/// 18).
/// </remarks>
public sealed class NodeDirectory : IDisposable
{
    internal const string IdentityName = "node";
    private const string IdentityTempName = "node.tmp";
    private const string LockName = "lock";
    private const string EventFolderName = "log"; // what the process says, as text
    private const string PidName = "pid"; // of its own: a locked file cannot be read
    internal const int IdentityBytesMax = 64 << 10;

    private readonly PosixStorage _storage;
    private readonly FileStream _lock;

    private NodeDirectory(PosixStorage storage, FileStream @lock, NodeIdentity identity)
    {
        _storage = storage;
        _lock = @lock;
        Identity = identity;
    }

    /// <summary>Whose the directory is.</summary>
    public NodeIdentity Identity { get; private set; }

    /// <summary>Random number made with the directory, not 0.</summary>
    public ulong Incarnation => Identity.Incarnation;

    /// <summary>The node's cluster; <see cref="Guid.Empty"/> until <see cref="SetCluster"/>.</summary>
    public Guid ClusterId => Identity.ClusterId;

    /// <summary>What the state machine started from, as given to <see cref="SetCluster"/>.</summary>
    public string StateBase => Identity.StateBase;

    /// <summary>The files, for the log.</summary>
    public IStorage Storage => _storage;

    /// <summary>Whether no record has ever been made durable here.</summary>
    public bool IsLogEmpty => !_storage.List().Any(name => HoldsRecord(name) || IsSnapshot(name));

    /// <summary>Opens a directory, or makes it where there is none.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="nodeId">Whose it must be.</param>
    /// <param name="isObserver">Whether the node is an observer; a replica and an observer never share one.</param>
    /// <exception cref="NodeDirectoryException">It cannot be used; says why and what to do.</exception>
    public static NodeDirectory Open(string path, string nodeId, bool isObserver = false)
    {
        PosixStorage storage;
        try
        {
            storage = new PosixStorage(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NodeDirectoryException(
                $"The data directory {Path.GetFullPath(path)} cannot be made: {error.Message}",
                "Give a path that this user may write to with -data");
        }
        RefuseForeign(storage);
        FileStream @lock = Lock(storage);
        try
        {
            return new NodeDirectory(storage, @lock, ReadOrCreate(storage, nodeId, isObserver));
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    /// <summary>Writes down the cluster that the node has entered or started; durable when the call returns.</summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="stateBase">What the state machine started from; one line.</param>
    /// <param name="isFounder">Whether the node starts the cluster.</param>
    public void SetCluster(Guid clusterId, string stateBase = "", bool isFounder = false)
    {
        Chorus.Raft.Check.That(!stateBase.Contains('\n', StringComparison.Ordinal), "a state base is one line");
        // First: a directory of a cluster without a hard state has lost it, and with it the vote.
        HardStateFile.Open(_storage, out _).Dispose();
        NodeIdentity identity = Identity with { ClusterId = clusterId, StateBase = stateBase, IsFounder = isFounder };
        Store(_storage, identity);
        Identity = identity;
    }

    /// <summary>Stops when the directory belongs to another cluster than the one found.</summary>
    /// <exception cref="NodeDirectoryException">It does.</exception>
    public void CheckCluster(Guid clusterId)
    {
        if (ClusterId != Guid.Empty && ClusterId != clusterId)
            throw new NodeDirectoryException(
                $"The data directory {_storage.Location} belongs to cluster {ClusterId}, not to {clusterId}",
                "Use another -data, or join a member of the directory's own cluster");
    }

    /// <summary>Lets other processes in.</summary>
    public void Dispose() => _lock.Dispose();

    private static void RefuseForeign(PosixStorage storage)
    {
        if (storage.Exists(IdentityName))
            return;
        string? foreign = storage.List().FirstOrDefault(name => name is not (IdentityTempName or LockName or PidName))
            ?? Directory.EnumerateDirectories(storage.Location).Select(Path.GetFileName)
                .FirstOrDefault(name => name != EventFolderName);
        if (foreign is not null)
            throw new NodeDirectoryException(
                $"{storage.Location} is not a data directory of Chorus: it holds '{foreign}' and no file "
                + $"'{IdentityName}'",
                "Give an empty or a new directory with -data");
    }

    private static FileStream Lock(PosixStorage storage)
    {
        string path = Path.Combine(storage.Location, LockName);
        string pidPath = Path.Combine(storage.Location, PidName);
        try
        {
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
            File.WriteAllText(pidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return stream;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new NodeDirectoryException(
                $"The data directory {storage.Location} cannot be written: {error.Message}",
                "Run as the user who owns it, or give another -data");
        }
        catch (IOException error) when (PosixStorage.IsReadOnly(error))
        {
            throw new NodeDirectoryException(
                $"The data directory {storage.Location} is on a file system that is read-only",
                "See why (dmesg), mount it writable again, or give another -data");
        }
        catch (IOException error) when (error is not DiskFullException)
        {
            throw new NodeDirectoryException(
                $"The data directory {storage.Location} is in use{Owner(pidPath)}",
                "Stop that process, or give another -data to this node");
        }
    }

    private static string Owner(string pidPath)
    {
        try
        {
            return $" by process {File.ReadAllText(pidPath).Trim()}";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static NodeIdentity ReadOrCreate(PosixStorage storage, string nodeId, bool isObserver)
    {
        if (!storage.Exists(IdentityName))
        {
            var made = new NodeIdentity(
                nodeId, NewIncarnation(), Guid.Empty, "", IsFounder: false, DateTime.UtcNow, isObserver);
            Store(storage, made);
            return made;
        }
        byte[] bytes = new byte[IdentityBytesMax];
        int length;
        using (IStorageFile file = storage.Open(IdentityName, writable: false))
            length = file.Read(0, bytes);
        string text = Encoding.UTF8.GetString(bytes, 0, length);
        if (!NodeIdentity.TryDecode(text, out NodeIdentity? identity, out int newer))
        {
            if (newer > 0)
                throw NewerVersion.File(storage, IdentityName, (ulong)newer, NodeIdentity.Format);
            throw LogDamage.File(storage, IdentityName, "it does not hold the identity of a node any more");
        }
        if (identity.NodeId != nodeId)
            throw new NodeDirectoryException(
                $"The data directory {storage.Location} belongs to node '{identity.NodeId}', not to '{nodeId}'",
                $"Start with -id {identity.NodeId}, or give '{nodeId}' another -data");
        RefuseOtherKind(storage, identity, isObserver);
        return identity;
    }

    private static void RefuseOtherKind(PosixStorage storage, NodeIdentity identity, bool isObserver)
    {
        if (identity.IsObserver == isObserver)
            return;
        throw isObserver
            ? new NodeDirectoryException(
                $"{storage.Location} is the data directory of replica '{identity.NodeId}'",
                "Give the observer a folder of its own with -logfolder")
            : new NodeDirectoryException(
                $"{storage.Location} is what observer '{identity.NodeId}' records; no replica can go on with it",
                "Give the replica another -data; 'Recovery -out' makes a data directory from what is recorded");
    }

    private static void Store(PosixStorage storage, NodeIdentity identity)
    {
        if (storage.Exists(IdentityTempName))
            storage.Delete(IdentityTempName);
        using (IStorageFile file = storage.Create(IdentityTempName))
        {
            file.Write(0, Encoding.UTF8.GetBytes(identity.Encode()));
            file.Sync();
        }
        storage.Rename(IdentityTempName, IdentityName);
        storage.SyncDirectory();
    }

    // Where there is a snapshot there was a log, though nothing may be left of it.
    private static bool IsSnapshot(string name) => name.StartsWith("snapshot-", StringComparison.Ordinal);

    private bool HoldsRecord(string name)
    {
        if (!SegmentHeader.TryParseName(name, out _))
            return false;
        using IStorageFile file = _storage.Open(name, writable: false);
        var cursor = new FileCursor(4096);
        cursor.Begin(file, SegmentHeader.BlockBytes + BatchMark.SizeBytes, file.Length);
        ReadOnlySpan<byte> bytes = cursor.Peek(RecordHeader.SizeBytes);
        if (bytes.Length < RecordHeader.SizeBytes)
            return false;
        uint length = RecordCodec.Length(bytes);
        if (length < RecordHeader.SizeBytes || length > file.Length - cursor.Position)
            return false;
        return RecordCodec.CrcMatches(cursor.Peek((int)length)[..(int)length]);
    }

    private static ulong NewIncarnation()
    {
        ulong incarnation;
        do
            incarnation = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        while (incarnation == 0);
        return incarnation;
    }
}
