using System.Buffers.Binary;
using System.Text;
using Chorus.Raft;

namespace Chorus.Common.Protocol;

/// <summary>Writes the fields of a message between replicas.</summary>
/// <param name="into">The whole header, large enough.</param>
/// <param name="position">Where the fields begin.</param>
internal ref struct FieldWriter(Span<byte> into, int position)
{
    private readonly Span<byte> _into = into;

    public int Position { get; private set; } = position;

    public void Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_into[Position..], value);
        Position += 8;
    }

    public void Text(string value)
    {
        int length = Encoding.UTF8.GetBytes(value, _into[(Position + 1)..]);
        Check.That(length <= byte.MaxValue, "names and addresses are at most 255 bytes");
        _into[Position] = (byte)length;
        Position += 1 + length;
    }
}
