using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Common.Client;

/// <summary>The key-value protocol of Kvstore and DiskStorage on top of <see cref="ChorusClient"/>.</summary>
/// <param name="client">The client to use; not disposed here.</param>
public sealed class KvClient(ChorusClient client)
{
    /// <summary>Reads a key, linearizably. <see cref="Code.NotFound"/> when it does not exist.</summary>
    public ValueTask<ClientResult> GetAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        client.ReadAsync(Encode(KvCommand.Types.Operation.Get, key, default), cancellation);

    /// <summary>Sets a key.</summary>
    public ValueTask<ClientResult> SetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken cancellation = default) =>
        client.WriteAsync(Encode(KvCommand.Types.Operation.Set, key, value), cancellation);

    /// <summary>Removes a key. <see cref="Code.NotFound"/> when it did not exist.</summary>
    public ValueTask<ClientResult> DeleteAsync(ReadOnlyMemory<byte> key, CancellationToken cancellation = default) =>
        client.WriteAsync(Encode(KvCommand.Types.Operation.Delete, key, default), cancellation);

    /// <summary>The bytes of a command.</summary>
    public static byte[] Encode(
        KvCommand.Types.Operation operation, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) =>
        new KvCommand
        {
            Operation = operation,
            Key = UnsafeByteOperations.UnsafeWrap(key),
            Value = UnsafeByteOperations.UnsafeWrap(value),
        }.ToByteArray();
}
