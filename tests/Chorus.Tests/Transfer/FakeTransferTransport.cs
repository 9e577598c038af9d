using Chorus.Common.Transfer;

namespace Chorus.Tests.Transfer;

/// <summary>Keeps what a receiver sends.</summary>
internal sealed class FakeTransferTransport : ITransferClientTransport
{
    public List<(string Address, TransferHeader Header)> Sent { get; } = [];

    public bool IsConnected { get; set; } = true;

    public TransferHeader LastSent => Sent[^1].Header;

    public bool TrySend(string address, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (!IsConnected)
            return false;
        Assert.True(TransferHeader.TryDecode(header, out TransferHeader decoded));
        Sent.Add((address, decoded));
        return true;
    }

    public bool TryReceive(out string address, out ReadOnlySpan<byte> header, out ReadOnlySpan<byte> body)
    {
        address = "";
        header = body = default;
        return false;
    }

    public void Disconnect(string address)
    {
    }
}
