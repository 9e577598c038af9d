using System.Buffers.Binary;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>Reads the fields of a message between replicas; sticks at the first one that is not there.</summary>
/// <param name="bytes">The whole header.</param>
/// <param name="position">Where the fields begin.</param>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes, int position)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position = position;

    public bool IsMalformed { get; private set; }

    public readonly bool IsAtEnd => _position == _bytes.Length;

    public ulong Number()
    {
        if (IsMalformed || _bytes.Length - _position < 8)
        {
            IsMalformed = true;
            return 0;
        }
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_position..]);
        _position += 8;
        return value;
    }

    public LogIndex Index() => new(Number());

    public Term Term() => new(Number());

    public string Text()
    {
        if (IsMalformed || IsAtEnd || _bytes.Length - _position - 1 < _bytes[_position])
        {
            IsMalformed = true;
            return "";
        }
        int length = _bytes[_position];
        string value = Encoding.UTF8.GetString(_bytes.Slice(_position + 1, length));
        _position += 1 + length;
        return value;
    }
}
