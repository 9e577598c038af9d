using Chorus.Common.Transfer;

namespace Chorus.Tests.Transfer;

/// <summary>Receives a snapshot from services in memory, as far as a test wants it.</summary>
internal sealed class SnapshotReceiver(TransferPair pair, SnapshotStream stream, params TestSource[] sources)
{
    /// <summary>What has come.</summary>
    public List<byte> Got { get; } = [];

    /// <summary>Runs services and stream until nothing happens any more, or some chunks have come.</summary>
    public void Pump(int chunks = int.MaxValue)
    {
        for (int quiet = 0; quiet < 3 && chunks > 0; quiet++)
        {
            foreach (TestSource source in sources)
                source.Server.DoWork();
            long now = sources[0].MonotonicMicros;
            while (chunks > 0 && pair.TryReceive(out string address, out var header, out ReadOnlySpan<byte> body))
            {
                quiet = 0;
                stream.TryAccept(address, header, body, now, out ReadOnlySpan<byte> piece);
                if (piece.IsEmpty)
                    continue;
                Got.AddRange(piece);
                stream.Release(now);
                chunks--;
            }
            stream.Poll(now);
        }
    }
}
