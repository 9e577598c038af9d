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
    private const int ExpectedField = 4;
    private const int DeltaField = 5;

    /// <summary>What to do; one of the known operations.</summary>
    public KvCommand.Types.Operation Operation { get; private init; }

    /// <summary>The key; never empty.</summary>
    public ReadOnlySpan<byte> Key { get; private init; }

    /// <summary>The value of a set, or of a compare-and-set; otherwise without meaning.</summary>
    public ReadOnlySpan<byte> Value { get; private init; }

    /// <summary>What a compare-and-set expects, where <see cref="ExpectsValue"/>.</summary>
    public ReadOnlySpan<byte> Expected { get; private init; }

    /// <summary>Whether a compare-and-set expects a value; otherwise it expects that there is none.</summary>
    public bool ExpectsValue { get; private init; }

    /// <summary>What an increment adds.</summary>
    public long Delta { get; private init; }

    /// <summary>Whether it has a value that is stored: a set or a compare-and-set.</summary>
    public bool HasValue => Operation is KvCommand.Types.Operation.Set or KvCommand.Types.Operation.CompareAndSet;

    /// <summary>Whether it can change something.</summary>
    public bool IsWrite => Operation != KvCommand.Types.Operation.Get;

    /// <summary>
    /// Whether what it leaves behind depends on what was there: then a log without the commands before it does not say
    /// what stands under the key, and applying it twice is not the same as once.
    /// </summary>
    public bool IsRelative =>
        Operation is KvCommand.Types.Operation.CompareAndSet or KvCommand.Types.Operation.Increment;

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
        ReadOnlySpan<byte> expected = default;
        bool expectsValue = false;
        ulong delta = 0;
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
                case (ExpectedField, 2):
                    expected = reader.Bytes;
                    expectsValue = true;
                    break;
                case (DeltaField, 0):
                    delta = reader.Number;
                    break;
            }
        }
        bool known = (uint)operation <= (uint)KvCommand.Types.Operation.Increment;
        if (reader.IsMalformed || key.IsEmpty || !known)
            return false;
        view = new KvCommandView
        {
            Operation = operation,
            Key = key,
            Value = value,
            Expected = expected,
            ExpectsValue = expectsValue,
            Delta = (long)(delta >> 1) ^ -(long)(delta & 1),
        };
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

    /// <summary>Writes a compare-and-set.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="key">The key.</param>
    /// <param name="expectsValue">Whether a value must stand there; otherwise none must.</param>
    /// <param name="expected">The value that must stand there.</param>
    /// <param name="value">The value to set.</param>
    public static void WriteCompareAndSet(
        IBufferWriter<byte> output, ReadOnlySpan<byte> key, bool expectsValue, ReadOnlySpan<byte> expected,
        ReadOnlySpan<byte> value)
    {
        Write(output, KvCommand.Types.Operation.CompareAndSet, key, value);
        if (!expectsValue)
            return;
        // Written also when it is empty: that it is there says that a value is expected.
        Span<byte> into = output.GetSpan(6 + expected.Length);
        int at = WireWriter.WriteDelimiter(into, ExpectedField, expected.Length);
        expected.CopyTo(into[at..]);
        output.Advance(at + expected.Length);
    }

    /// <summary>Writes an increment.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="key">The key.</param>
    /// <param name="delta">What to add.</param>
    public static void WriteIncrement(IBufferWriter<byte> output, ReadOnlySpan<byte> key, long delta)
    {
        Write(output, KvCommand.Types.Operation.Increment, key, default);
        Span<byte> into = output.GetSpan(11);
        output.Advance(WireWriter.WriteField(into, DeltaField, (ulong)(delta << 1) ^ (ulong)(delta >> 63)));
    }
}
