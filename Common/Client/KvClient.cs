using System.Buffers;
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

    /// <summary>
    /// Sets a key if its value is an expected one; otherwise <see cref="Code.ConditionFailed"/>, with what stands
    /// there.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="expected">
    /// What must stand there; null: nothing must. A null array is converted to an empty value, not to null.
    /// </param>
    /// <param name="value">What to set.</param>
    /// <param name="cancellation">Ends the wait, as for a write.</param>
    public ValueTask<ClientResult> CompareAndSetAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? expected, ReadOnlyMemory<byte> value,
        CancellationToken cancellation = default) =>
        client.WriteAsync(EncodeCompareAndSet(key, expected, value), cancellation);

    /// <summary>
    /// Adds to a number in decimal, none counting as 0, and tells the sum; <see cref="Code.ConditionFailed"/> where
    /// something else stands there.
    /// </summary>
    public ValueTask<ClientResult> IncrementAsync(
        ReadOnlyMemory<byte> key, long delta = 1, CancellationToken cancellation = default) =>
        client.WriteAsync(EncodeIncrement(key, delta), cancellation);

    /// <summary>The bytes of a compare-and-set.</summary>
    public static byte[] EncodeCompareAndSet(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? expected, ReadOnlyMemory<byte> value)
    {
        var output = new ArrayBufferWriter<byte>(key.Length + value.Length + (expected?.Length ?? 0) + 32);
        KvCommandView.WriteCompareAndSet(
            output, key.Span, expected is not null, (expected ?? default).Span, value.Span);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The bytes of an increment.</summary>
    public static byte[] EncodeIncrement(ReadOnlyMemory<byte> key, long delta)
    {
        var output = new ArrayBufferWriter<byte>(key.Length + 32);
        KvCommandView.WriteIncrement(output, key.Span, delta);
        return output.WrittenSpan.ToArray();
    }

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
