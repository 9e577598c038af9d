using Chorus.Raft;

namespace Chorus.Common.Hosting;

/// <summary>A voter of a fixed start, as <c>-peer id=host:port</c> names it.</summary>
/// <param name="Id">Name of the node.</param>
/// <param name="Address">Its peer socket.</param>
public readonly record struct HostPeer(NodeId Id, HostEndpoint Address)
{
    /// <summary>Reads <c>id=host:port</c>.</summary>
    /// <exception cref="ChorusException">It is no peer; says what is wrong.</exception>
    public static HostPeer Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
            throw ChorusException.Usage($"-peer: '{text}' has no id", "Write id=host:port, as in -peer n1=:12001");
        string id = text[..equals];
        if (!NodeId.IsValid(id))
            throw ChorusException.Usage($"-peer: '{id}' is no node name", ReplicaHostOptions.NameRule);
        return new HostPeer(new NodeId(id), HostEndpoint.Parse(text[(equals + 1)..], "-peer"));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id}={Address}";
}
