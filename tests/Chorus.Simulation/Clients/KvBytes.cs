using System.Buffers.Binary;
using System.Text;
using Chorus.Common.Protocol;
using Google.Protobuf;

namespace Chorus.Simulation.Clients;

/// <summary>
/// Operations as the bytes of the key-value protocol, and back. Every write carries its operation's number.
/// </summary>
internal static class KvBytes
{
    /// <summary>The command or query of an operation.</summary>
    /// <param name="operation">What is asked.</param>
    /// <param name="padding">Bytes added to a value, so that logs grow.</param>
    public static ByteString Encode(Operation operation, int padding)
    {
        KvCommand command = new()
        {
            Operation = operation.Kind switch
            {
                OperationKind.Get => KvCommand.Types.Operation.Get,
                OperationKind.Set => KvCommand.Types.Operation.Set,
                _ => KvCommand.Types.Operation.Delete,
            },
            Key = ByteString.CopyFrom(Encoding.ASCII.GetBytes($"{operation.Key}")),
        };
        if (operation.Kind != OperationKind.Get)
        {
            byte[] value = new byte[4 + padding];
            BinaryPrimitives.WriteInt32LittleEndian(value, operation.Number);
            command.Value = ByteString.CopyFrom(value);
        }
        return command.ToByteString();
    }

    /// <summary>Number of the operation that a command carries; 0 when it carries none.</summary>
    public static int NumberOf(ReadOnlySpan<byte> command)
    {
        KvCommand parsed = KvCommand.Parser.ParseFrom(command);
        return ValueOf(parsed.Value.Span);
    }

    /// <summary>Number in a value; 0 when there is none.</summary>
    public static int ValueOf(ReadOnlySpan<byte> value) =>
        value.Length < 4 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(value);
}
