using System.Text;
using Chorus.Common.Protocol;

namespace Chorus.Common.Client;

/// <summary>One <c>Response</c> in place, valid as long as the frame in which it stands.</summary>
internal ref struct ResponseView
{
    private ReadOnlySpan<byte> _payload;
    private ReadOnlySpan<byte> _message;
    private ReadOnlySpan<byte> _cure;
    private ReadOnlySpan<byte> _leader;
    private ulong _index;

    internal ulong Id { get; private set; }

    internal Code Code { get; private set; }

    internal readonly ReadOnlySpan<byte> Payload => _payload;

    /// <summary>Address of the leader, when the server knows it; otherwise empty.</summary>
    internal readonly string Leader => Encoding.UTF8.GetString(_leader);

    /// <summary>A copy for the caller.</summary>
    internal readonly ClientResult ToResult() => new(
        Code,
        _payload.IsEmpty ? default : _payload.ToArray(),
        _index,
        Encoding.UTF8.GetString(_message),
        Encoding.UTF8.GetString(_cure));

    /// <summary>Reads a serialized <c>Response</c>; false when it is none.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out ResponseView response)
    {
        response = default;
        WireReader reader = new(bytes);
        while (reader.Read())
        {
            switch (reader.Field, reader.WireType)
            {
                case (1, 0):
                    response.Id = reader.Number;
                    break;
                case (2, 0):
                    response.Code = reader.Number <= (ulong)Code.ConditionFailed ? (Code)reader.Number : Code.Internal;
                    break;
                case (3, 2):
                    response._payload = reader.Bytes;
                    break;
                case (4, 2):
                    response._message = reader.Bytes;
                    break;
                case (5, 2):
                    response._cure = reader.Bytes;
                    break;
                case (6, 2):
                    response._leader = reader.Bytes;
                    break;
                case (7, 0):
                    response._index = reader.Number;
                    break;
            }
        }

        return !reader.IsMalformed;
    }
}
