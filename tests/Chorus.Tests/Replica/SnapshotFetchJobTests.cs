using System.Buffers;
using Chorus.Common.KeyValue;
using Chorus.Common.Log;
using Chorus.Common.Replica;
using Chorus.Common.Snapshots;
using Chorus.Tests.Snapshots;

namespace Chorus.Tests.Replica;

/// <summary>A snapshot is verified while it comes.</summary>
public sealed class SnapshotFetchJobTests
{
    private const int PieceBytes = 1_000;
    private const int Pieces = 20;

    private readonly MemoryStorage _storage = new();
    private readonly SnapshotFetchJob _job;
    private readonly byte[] _bytes;
    private readonly SnapshotInfo _info;

    public SnapshotFetchJobTests()
    {
        _job = new SnapshotFetchJob(_storage);
        var source = new MemoryStorage();
        byte[][] pieces =
            [.. Enumerable.Range(0, Pieces).Select(i => Enumerable.Repeat((byte)i, PieceBytes).ToArray())];
        _info = SnapshotWork.Write(source, 9, pieces);
        using IStorageFile file = source.Open(_info.Name, writable: false);
        _bytes = new byte[file.Length];
        file.Read(0, _bytes);
    }

    [Fact]
    public void What_is_whole_is_verified_whatever_the_lengths_in_which_it_comes()
    {
        foreach (int step in new[] { 1, 87, 88, 89, 1_015, 1_016, 5_000, _bytes.Length })
        {
            Assert.Equal(_bytes.Length, Fetch(_bytes, step));
            Run(_job.Verify);
            Assert.Null(_job.Error);
            Assert.Equal(_info with { Header = _job.Verified!.Header, Name = SnapshotNames.Fetched }, _job.Verified);
            Run(_job.Abandon);
            Assert.Empty(_storage.List());
        }
    }

    [Fact]
    public void Damage_is_found_as_soon_as_the_piece_is_there()
    {
        for (int at = 0; at < _bytes.Length - 200; at += 97)
        {
            byte[] wrong = [.. _bytes];
            wrong[at] ^= 1;
            int fetched = Fetch(wrong, step: 100);
            // A length that has become too long is found at the end, when nothing more comes.
            if (fetched == _bytes.Length)
                Run(_job.Verify);
            Assert.IsType<LogCorruptionException>(_job.Error);
            Assert.Null(_job.Verified);
            bool isLength = IsInLength(at);
            Assert.True(isLength || fetched <= at + PieceBytes + 300, $"byte {at} was found after {fetched}");
            Run(_job.Abandon);
        }
    }

    [Fact]
    public void Bytes_behind_the_end_are_found()
    {
        Fetch([.. _bytes, 0], step: 1_000);
        Run(_job.Verify);
        Assert.IsType<LogCorruptionException>(_job.Error);
    }

    [Fact]
    public void A_fetch_that_begins_anew_does_not_go_on_with_what_was_verified()
    {
        Fetch(_bytes[..10_000], step: 1_000);
        Assert.Equal(_bytes.Length, Fetch(_bytes, step: 700));
        Run(_job.Verify);
        Assert.Equal(_info.LengthBytes, _job.Verified!.LengthBytes);
    }

    // The end has been verified piece by piece: a second pass over a long file would keep a new member waiting.
    [Fact]
    public void What_was_verified_is_not_read_again_at_the_end()
    {
        Fetch(_bytes, step: 1_000);
        using (IStorageFile file = _storage.Open(SnapshotNames.Fetched, writable: true))
            file.Write(_bytes.Length / 2, [0x55, 0xAA]);
        Run(_job.Verify);
        Assert.Null(_job.Error);
    }

    // Nobody waits, and holds in memory, what cannot be a piece.
    [Fact]
    public void A_length_that_no_piece_has_is_found_at_once()
    {
        byte[] wrong = [.. _bytes];
        int header = SnapshotWork.Header(9).Encode().Length;
        wrong[header + 3] = 0x7F;
        Assert.InRange(Fetch(wrong, step: 100), header, header + 200);
        Assert.IsType<LogCorruptionException>(_job.Error);
    }

    // Endless bytes behind an end would all be held in memory.
    [Theory]
    [InlineData(4)]
    [InlineData(SnapshotFooter.SizeBytes)]
    public void What_follows_the_end_is_found_at_once(int length)
    {
        byte[] header = SnapshotWork.Header(9).Encode();
        byte[] end = new byte[SnapshotFrame.SizeBytes + length];
        SnapshotFrame.Encode(end, end.AsSpan(SnapshotFrame.SizeBytes), 0, SnapshotSection.End, Crc32C.Compute(header));
        byte[] bytes = [.. header, .. end, .. new byte[100_000]];
        Assert.InRange(Fetch(bytes, step: 100), header.Length, header.Length + 400);
        Assert.IsType<LogCorruptionException>(_job.Error);
    }

    [Fact]
    public void The_state_is_restored_while_it_comes_and_belongs_to_who_takes_it()
    {
        var machine = new KvStateMachine();
        using var job = new SnapshotFetchJob(_storage, _ => machine);
        (byte[] bytes, ulong digest) = OfState();
        Run(job, () => job.Add(0, Part(bytes, 0, 5_000)));
        Run(job, () => job.Add(5_000, Part(bytes, 5_000, bytes.Length - 5_000)));
        Run(job, job.Verify);
        Run(job, job.Adopt);
        using StateInstallation? installation = job.TakeInstallation();
        Assert.True(installation!.TryTake(job.Verified, out IStateMachine? taken));
        Assert.Equal((machine, digest), (taken, taken.Digest));
        Assert.Null(job.TakeInstallation());
    }

    [Fact]
    public void A_fetch_that_begins_anew_restores_anew()
    {
        int made = 0;
        using var job = new SnapshotFetchJob(_storage, _ =>
        {
            made++;
            return new KvStateMachine();
        });
        (byte[] bytes, ulong digest) = OfState();
        Run(job, () => job.Add(0, Part(bytes, 0, 5_000)));
        Run(job, () => job.Add(0, Part(bytes, 0, bytes.Length)));
        Run(job, job.Verify);
        using StateInstallation? installation = job.TakeInstallation();
        Assert.True(installation!.TryTake(job.Verified, out IStateMachine? taken));
        Assert.Equal((2, digest), (made, taken.Digest));
    }

    [Fact]
    public void A_state_that_is_given_up_is_not_restored_and_the_fetch_goes_on_without_it()
    {
        using var job = new SnapshotFetchJob(_storage, _ => new KvStateMachine());
        (byte[] bytes, _) = OfState();
        Run(job, () => job.Add(0, Part(bytes, 0, 5_000)));
        job.GiveUpState();
        Run(job, () => job.Add(5_000, Part(bytes, 5_000, bytes.Length - 5_000)));
        Run(job, job.Verify);
        Assert.NotNull(job.Verified);
        using StateInstallation? installation = job.TakeInstallation();
        Assert.False(installation!.TryTake(job.Verified, out _));
    }

    private static (byte[] Bytes, ulong Digest) OfState()
    {
        var state = new KvStateMachine();
        for (int i = 0; i < 1_000; i++)
            state.Load(BitConverter.GetBytes(i), new byte[50]);
        var storage = new MemoryStorage();
        SnapshotInfo info;
        using (IStateSnapshot snapshot = state.BeginSnapshot())
        using (SnapshotWriter writer = SnapshotWriter.Begin(storage, SnapshotWork.Header(9)))
        {
            var pieces = new List<byte[]>();
            SnapshotWork.TakeAll(snapshot, pieces, bytesMax: 2_000);
            foreach (byte[] piece in pieces)
                writer.Add(SnapshotSection.State, piece);
            info = writer.Finish(state.Digest);
        }
        using IStorageFile file = storage.Open(info.Name, writable: false);
        byte[] bytes = new byte[file.Length];
        file.Read(0, bytes);
        return (bytes, state.Digest);
    }

    private static ArrayBufferWriter<byte> Part(byte[] bytes, int at, int length)
    {
        var part = new ArrayBufferWriter<byte>();
        part.Write(bytes.AsSpan(at, length));
        return part;
    }

    private bool IsInLength(int at)
    {
        int header = SnapshotWork.Header(9).Encode().Length;
        return at < 16 || (at >= header && (at - header) % (16 + PieceBytes) < 4);
    }

    // Returns the bytes that had come when something was wrong, or all.
    private int Fetch(byte[] bytes, int step)
    {
        for (int at = 0; at < bytes.Length; at += step)
        {
            ArrayBufferWriter<byte> part = Part(bytes, at, Math.Min(step, bytes.Length - at));
            Run(() => _job.Add(at, part));
            if (_job.Error is not null)
                return at + part.WrittenCount;
        }
        return bytes.Length;
    }

    private void Run(Action prepare) => Run(_job, prepare);

    private static void Run(SnapshotFetchJob job, Action prepare)
    {
        prepare();
        new InlineDiskExecutor().Post(job);
    }
}
