using System.Text;
using Chorus.Common.Protocol;

namespace Chorus.Client.Load;

/// <summary>
/// Bytes of one caller's commands, built in place: the value keeps its position and the key is written backwards in
/// front of it, so that a command with another key costs a dozen byte stores and no allocation.
/// </summary>
internal sealed class CommandBuffer
{
    // KvCommand: operation = 1 (varint), key = 2 (bytes), value = 3 (bytes).
    private const byte OperationTag = 1 << 3;
    private const byte KeyTag = (2 << 3) | 2;
    private const byte ValueTag = (3 << 3) | 2;
    private const int LongestNumber = 20;

    private readonly byte[] _prefix;
    private readonly int _digitsMin;
    private readonly int _keyEnd;
    private readonly int _valueStart;
    private byte[] _bytes;

    public CommandBuffer(string keyPrefix, int keyDigits, int valueBytes)
    {
        _prefix = Encoding.UTF8.GetBytes(keyPrefix);
        _digitsMin = Math.Min(keyDigits, LongestNumber);
        _keyEnd = 2 + 1 + 5 + _prefix.Length + LongestNumber;
        Span<byte> length = stackalloc byte[5];
        int lengthBytes = WriteVarint(length, (uint)valueBytes);
        _valueStart = _keyEnd + 1 + lengthBytes;
        _bytes = new byte[_valueStart + valueBytes];
        _bytes[_keyEnd] = ValueTag;
        length[..lengthBytes].CopyTo(_bytes.AsSpan(_keyEnd + 1));
        Value.Fill((byte)'@');
    }

    /// <summary>The value of the next set.</summary>
    public Span<byte> Value => _bytes.AsSpan(_valueStart);

    /// <summary>The command that sets a key to <see cref="Value"/>.</summary>
    public ReadOnlyMemory<byte> Set(long key)
    {
        int start = WriteKey(key);
        _bytes[--start] = (byte)KvCommand.Types.Operation.Set;
        _bytes[--start] = OperationTag;
        return _bytes.AsMemory(start);
    }

    /// <summary>The command that gets a key. An operation of 0 is the default and not written.</summary>
    public ReadOnlyMemory<byte> Get(long key)
    {
        int start = WriteKey(key);
        return _bytes.AsMemory(start, _keyEnd - start);
    }

    /// <summary>
    /// Leaves the present bytes to whoever may still hold them. After a write whose outcome is unknown.
    /// </summary>
    public void Renew() => _bytes = (byte[])_bytes.Clone();

    private int WriteKey(long key)
    {
        int at = _keyEnd;
        int digits = 0;
        do
        {
            (key, long digit) = Math.DivRem(key, 10);
            _bytes[--at] = (byte)('0' + digit);
            digits++;
        }
        while (key > 0 || digits < _digitsMin);
        at -= _prefix.Length;
        _prefix.CopyTo(_bytes, at);
        Span<byte> length = stackalloc byte[5];
        int lengthBytes = WriteVarint(length, (uint)(_keyEnd - at));
        at -= lengthBytes;
        length[..lengthBytes].CopyTo(_bytes.AsSpan(at));
        _bytes[--at] = KeyTag;
        return at;
    }

    private static int WriteVarint(Span<byte> to, uint value)
    {
        int count = 0;
        while (value >= 0x80)
        {
            to[count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        to[count++] = (byte)value;
        return count;
    }
}
