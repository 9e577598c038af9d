using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Simulation.Clients;

/// <summary>
/// Operations as the bytes of the key-value protocol, and back. Every write carries its operation's number, in a field
/// that no state machine knows.
/// </summary>
internal static class KvBytes
{
    private const int NumberField = 15;

    // No counter begins with this byte.
    private const byte Mark = (byte)'v';

    /// <summary>The command or query of an operation.</summary>
    /// <param name="operation">What is asked.</param>
    /// <param name="padding">Bytes added to a value, so that logs grow.</param>
    /// <param name="expected">The value that a compare-and-set expects; null: there is none.</param>
    public static ByteString Encode(Operation operation, int padding, byte[]? expected)
    {
        var output = new ArrayBufferWriter<byte>();
        byte[] key = Encoding.ASCII.GetBytes($"{operation.Key}");
        switch (operation.Kind)
        {
            case OperationKind.CompareAndSet:
                KvCommandView.WriteCompareAndSet(
                    output, key, expected is not null, expected, ValueOf(operation, padding));
                break;
            case OperationKind.Increment:
                KvCommandView.WriteIncrement(output, key, operation.Delta);
                break;
            case OperationKind.Set:
                KvCommandView.Write(output, KvCommand.Types.Operation.Set, key, ValueOf(operation, padding));
                break;
            case OperationKind.Delete:
                KvCommandView.Write(output, KvCommand.Types.Operation.Delete, key, default);
                break;
            default:
                KvCommandView.Write(output, KvCommand.Types.Operation.Get, key, default);
                return ByteString.CopyFrom(output.WrittenSpan);
        }
        output.Advance(WireWriter.WriteField(output.GetSpan(16), NumberField, (ulong)operation.Number));
        return ByteString.CopyFrom(output.WrittenSpan);
    }

    /// <summary>Number of the operation that a command carries; 0 when it carries none.</summary>
    public static int NumberOf(ReadOnlySpan<byte> command)
    {
        var reader = new WireReader(command);
        int number = 0;
        while (reader.Read())
        {
            if (reader.Field == NumberField)
                number = (int)reader.Number;
        }
        return number;
    }

    /// <summary>Number in a value, or the value of a counter; 0 when there is none.</summary>
    public static int ValueOf(ReadOnlySpan<byte> value)
    {
        if (value.Length > 0 && value[0] == Mark)
            return BinaryPrimitives.ReadInt32LittleEndian(value[1..]);
        return Utf8Parser.TryParse(value, out int counter, out _) ? counter : 0;
    }

    /// <summary>The value that a write stores.</summary>
    public static byte[] ValueOf(Operation operation, int padding)
    {
        byte[] value = new byte[5 + padding];
        value[0] = Mark;
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(1), operation.Number);
        return value;
    }
}
