using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Chorus.Common.Protocol;

/// <summary>
/// Reads the Protocol Buffers wire format without allocating: for the few messages that arrive a hundred thousand
/// times a second. Never throws: a malformed input ends the walk with <see cref="IsMalformed"/>.
/// </summary>
/// <param name="bytes">A serialized message.</param>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private const int GroupStart = 3;
    private const int GroupEnd = 4;
    private const int GroupDepthMax = 100;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of the current field when it is a varint or fixed-width.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of the current field when it is length-delimited (bytes, string, message).</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Wire type of the current field: 0 varint, 1 64 bits, 2 length-delimited, 5 32 bits.</summary>
    public int WireType { get; private set; }

    /// <summary>Whether the current field is length-delimited.</summary>
    public readonly bool IsDelimited => WireType == 2;

    /// <summary>Whether the input is not a message.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Moves to the next field; false at the end or when malformed.</summary>
    public bool Read()
    {
        do
        {
            if (IsMalformed || _position == _bytes.Length)
                return false;
            if (!ReadField())
                return Malformed();
        }
        while (WireType == GroupStart);
        return true;
    }

    // A group is the old way to nest a message; nobody here writes one, so it is passed over whole.
    private bool ReadField(int depth = 0)
    {
        if (!TryReadVarint(out ulong tag) || tag >> 3 is 0 or > 536_870_911)
            return false;
        Field = (int)(tag >> 3);
        WireType = (int)(tag & 7);
        Bytes = default;
        Number = 0;
        switch (WireType)
        {
            case 0:
                if (!TryReadVarint(out ulong number))
                    return false;
                Number = number;
                return true;
            case 1 when _bytes.Length - _position >= 8:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]);
                _position += 8;
                return true;
            case 2:
                if (!TryReadVarint(out ulong length) || length > (ulong)(_bytes.Length - _position))
                    return false;
                Bytes = _bytes.Slice(_position, (int)length);
                _position += (int)length;
                return true;
            case GroupStart:
                return depth < GroupDepthMax && SkipGroup(Field, depth + 1);
            case GroupEnd:
                return depth > 0;
            case 5 when _bytes.Length - _position >= 4:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_position..]);
                _position += 4;
                return true;
            default:
                return false;
        }
    }

    private bool SkipGroup(int field, int depth)
    {
        while (ReadField(depth))
        {
            if (WireType != GroupEnd)
                continue;
            WireType = GroupStart;
            return Field == field;
        }
        return false;
    }

    private bool Malformed()
    {
        IsMalformed = true;
        return false;
    }

    // Nearly all tags, and most lengths, are one byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadVarint(out ulong value)
    {
        if (_position < _bytes.Length && _bytes[_position] < 0x80)
        {
            value = _bytes[_position++];
            return true;
        }
        return TryReadLongVarint(out value);
    }

    private bool TryReadLongVarint(out ulong value)
    {
        value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_position == _bytes.Length)
                return false;
            byte b = _bytes[_position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return true;
        }
        return false;
    }
}
