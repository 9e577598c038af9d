using System.Buffers;

namespace Chorus.Common.Protocol;

/// <summary>
/// A <see cref="KvCommand"/> read in place: key and value are parts of the bytes that were given, valid as
/// long as those. Reads the same commands as Google.Protobuf does, without allocating.
/// </summary>
public readonly ref struct KvCommandView
{
    private const int OperationField = 1;
    private const int KeyField = 2;
    private const int ValueField = 3;

    private KvCommandView(KvCommand.Types.Operation operation, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Operation = operation;
        Key = key;
        Value = value;
    }

    /// <summary>What to do; one of the known operations.</summary>
    public KvCommand.Types.Operation Operation { get; }

    /// <summary>The key; never empty.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value of a set; otherwise without meaning.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Reads a command. Unknown fields are passed over.</summary>
    /// <param name="bytes">A serialized <see cref="KvCommand"/>, unchecked.</param>
    /// <param name="view">The command.</param>
    /// <returns>False when the bytes are no command: no such message, an unknown
    /// operation, an empty key.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out KvCommandView view)
    {
        view = default;
        var reader = new WireReader(bytes);
        var operation = KvCommand.Types.Operation.Get;
        ReadOnlySpan<byte> key = default;
        ReadOnlySpan<byte> value = default;
        while (reader.Read())
        {
            switch (reader.Field, reader.WireType)
            {
                case (OperationField, 0):
                    operation = (KvCommand.Types.Operation)(int)(uint)reader.Number;
                    break;
                case (KeyField, 2):
                    key = reader.Bytes;
                    break;
                case (ValueField, 2):
                    value = reader.Bytes;
                    break;
            }
        }
        bool known = (uint)operation <= (uint)KvCommand.Types.Operation.Delete;
        if (reader.IsMalformed || key.IsEmpty || !known)
            return false;
        view = new KvCommandView(operation, key, value);
        return true;
    }

    /// <summary>Writes a command: the bytes that Google.Protobuf would write.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="operation">What to do.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value of a set, otherwise empty.</param>
    public static void Write(
        IBufferWriter<byte> output,
        KvCommand.Types.Operation operation,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value)
    {
        Span<byte> into = output.GetSpan(2 + WireWriter.FieldLength(key.Length) + WireWriter.FieldLength(value.Length));
        int at = WireWriter.WriteField(into, OperationField, (ulong)operation);
        at += WireWriter.WriteField(into[at..], KeyField, key);
        at += WireWriter.WriteField(into[at..], ValueField, value);
        output.Advance(at);
    }
}
