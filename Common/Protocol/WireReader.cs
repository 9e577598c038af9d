using System.Buffers.Binary;

namespace Chorus.Common.Protocol;

/// <summary>
/// Reads the Protocol Buffers wire format without allocating: for the few messages that arrive a hundred thousand
/// times a second. Never throws: a malformed input ends the walk with <see cref="IsMalformed"/>.
/// </summary>
/// <param name="bytes">A serialized message.</param>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of the current field when it is a varint or fixed-width.</summary>
    public ulong Number { get; private set; }

    /// <summary>Value of the current field when it is length-delimited (bytes, string, message).</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the current field is length-delimited.</summary>
    public bool IsDelimited { get; private set; }

    /// <summary>Whether the input is not a message.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>Moves to the next field; false at the end or when malformed.</summary>
    public bool Read()
    {
        if (IsMalformed || _position == _bytes.Length)
            return false;
        if (!TryReadVarint(out ulong tag) || tag >> 3 is 0 or > 536_870_911)
            return Malformed();
        Field = (int)(tag >> 3);
        Bytes = default;
        Number = 0;
        IsDelimited = false;
        switch (tag & 7)
        {
            case 0:
                if (!TryReadVarint(out ulong number))
                    return Malformed();
                Number = number;
                return true;
            case 1 when _bytes.Length - _position >= 8:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]);
                _position += 8;
                return true;
            case 2:
                if (!TryReadVarint(out ulong length) || length > (ulong)(_bytes.Length - _position))
                    return Malformed();
                Bytes = _bytes.Slice(_position, (int)length);
                _position += (int)length;
                IsDelimited = true;
                return true;
            case 5 when _bytes.Length - _position >= 4:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_position..]);
                _position += 4;
                return true;
            default:
                return Malformed();
        }
    }

    private bool Malformed()
    {
        IsMalformed = true;
        return false;
    }

    private bool TryReadVarint(out ulong value)
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
