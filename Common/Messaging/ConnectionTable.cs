using System.Diagnostics.CodeAnalysis;
using Chorus.Common.Replica;

namespace Chorus.Common.Messaging;

/// <summary>
/// The clients that are being talked to, by routing id: one object each while answers are outstanding.
/// Bounded: idle clients are forgotten to make room, and remembered anew when they ask again.
/// </summary>
internal sealed class ConnectionTable
{
    // A client that once got a large answer keeps a buffer of that size; it is let go when idle.
    private const int BufferKeptBytesMax = 64 * 1024;

    // When all are busy, looking through all of them again is worth it only after a while.
    private const int RefusalsBetweenSweeps = 64;

    private readonly int _connectionsMax;
    private readonly bool _delimited;
    private readonly Dictionary<byte[], ClientConnection> _byIdentity = new(new IdentityComparer());
    private readonly Dictionary<byte[], ClientConnection>.AlternateLookup<ReadOnlySpan<byte>> _lookup;
    private readonly List<ClientConnection> _idle = [];
    private readonly List<ClientConnection> _large = [];
    private int _refusalsUntilSweep;

    internal ConnectionTable(int connectionsMax, bool delimited)
    {
        _connectionsMax = connectionsMax;
        _delimited = delimited;
        _lookup = _byIdentity.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    internal int Count => _byIdentity.Count;

    /// <summary>The object of a client, made if it is new.</summary>
    /// <returns>False when the table is full of clients that wait for answers.</returns>
    internal bool TryGet(ReadOnlySpan<byte> identity, [NotNullWhen(true)] out ClientConnection? connection)
    {
        if (_large.Count > 0)
            ForgetLarge();
        if (_lookup.TryGetValue(identity, out connection))
            return true;
        if (_byIdentity.Count >= _connectionsMax && !MakeRoom())
            return false;
        connection = new ClientConnection(identity.ToArray(), _delimited);
        _byIdentity.Add(connection.Identity, connection);
        return true;
    }

    /// <summary>
    /// Notes that an answer went out, so that a buffer that grew large is not kept for ever.
    /// </summary>
    internal void Answered(ClientConnection connection)
    {
        if (connection.Output.Capacity > BufferKeptBytesMax)
            _large.Add(connection);
    }

    private static bool IsIdle(ClientConnection connection) =>
        connection.Outstanding == 0 && connection.Output.WrittenCount == 0;

    private void ForgetLarge()
    {
        foreach (ClientConnection connection in _large)
        {
            if (IsIdle(connection))
                _byIdentity.Remove(connection.Identity);
        }

        _large.Clear();
    }

    private bool MakeRoom()
    {
        if (_refusalsUntilSweep-- > 0)
            return false;
        foreach (ClientConnection connection in _byIdentity.Values)
        {
            if (IsIdle(connection))
                _idle.Add(connection);
        }

        foreach (ClientConnection connection in _idle)
            _byIdentity.Remove(connection.Identity);
        bool any = _idle.Count > 0;
        _refusalsUntilSweep = any ? 0 : RefusalsBetweenSweeps;
        _idle.Clear();
        return any;
    }

    private sealed class IdentityComparer
        : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        // Seeded per process, so that clients, who choose their ids, cannot aim at one bucket.
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
